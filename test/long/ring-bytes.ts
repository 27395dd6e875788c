import assert from 'node:assert/strict';
import { measureRingBytes } from '../ring-bytes.ts';
import { runPart } from './part.ts';

/** At most so many bytes a second, sent and received, of the ring's bodies. */
const MOST = 250;

await runPart(
  'a ring of 32 processes at rest sends and receives at most 250 bytes a second a node for the ring, as bodies; the bytes at the sockets, HTTP/2 and all, beside them',
  async () => {
    const figures = await measureRingBytes({
      nodes: Number(process.env.ANILLO_NODES ?? 32),
      quietMs: Number(process.env.ANILLO_SETTLE_MS ?? 180_000),
      countMs: Number(process.env.ANILLO_REST_MS ?? 300_000),
    });
    console.log(figures);
    assert.ok(figures.ringMean <= MOST, `${figures.ringMean} bytes a second of bodies`);
    return { ...figures };
  },
);
