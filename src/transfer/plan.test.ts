import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { below, chance, SEED } from '../../test/chance.ts';
import { PieceSet } from './piece-set.ts';
import { PIECE, PlanWorld, type WorldSource } from './plan-world.test-support.ts';

const REPLAY = `ANILLO_SEED=${SEED} node scripts/test.js src/transfer/plan.test.ts`;
const random = chance('plan');
const PIECES = 1024;
/** 100 MB/s, in bytes a millisecond. */
const FAST = 100_000;
const always = (rate: number) => () => rate;
/** What these rates together need for all pieces, in ms. */
const ideal = (...rates: number[]) => (PIECES * PIECE) / rates.reduce((sum, rate) => sum + rate, 0);

function world(...sources: WorldSource[]): PlanWorld {
  return new PlanWorld(PIECES, sources, random);
}

describe('the plan', () => {
  it('has one source send the file from its beginning to its end, in few requests', () => {
    const one = world({ rate: always(FAST) });
    assert.ok(one.run() < ideal(FAST) * 1.01);
    assert.deepEqual(
      one.order,
      [...one.order].sort((a, b) => a - b),
    );
    assert.ok(one.asked.length <= 4);
  });

  it('gets nearly the sum of what four equal sources give', () => {
    const ms = world(...Array.from({ length: 4 }, () => ({ rate: always(FAST), latencyMs: 20 }))).run();
    assert.ok(ms < ideal(FAST, FAST, FAST, FAST) / 0.93, `${ms} ms`);
  });

  it('with one of four ten times slower gets what the other three give', () => {
    const ms = world(
      { rate: always(FAST / 10) },
      ...Array.from({ length: 3 }, () => ({ rate: always(FAST) })),
    ).run();
    assert.ok(ms < ideal(FAST, FAST, FAST) / 0.95, `${ms} ms`);
  });

  it('lets a crawling source end nothing late: its piece is taken from it', () => {
    const slow = world({ rate: always(20) }, { rate: always(FAST) });
    const ms = slow.run();
    assert.ok(ms < ideal(FAST) + 1_500, `${ms} ms`);
    assert.ok(slow.cancels > 0);
  });

  it('loses less than two seconds by one that falls silent half-way, and by one that dies', () => {
    for (const end of ['silent', 'dead']) {
      const halfMs = ideal(FAST, FAST, FAST, FAST) / 2;
      const failing: WorldSource =
        end === 'dead'
          ? { rate: always(FAST), diesAtMs: halfMs }
          : { rate: (nowMs) => (nowMs < halfMs ? FAST : 0) };
      const ms = world(failing, ...Array.from({ length: 3 }, () => ({ rate: always(FAST) }))).run();
      assert.ok(ms < halfMs + ideal(FAST, FAST, FAST) / 2 + 2_000, `${end}: ${ms} ms`);
    }
  });

  it('gives work to one that joins late, out of what others were given', () => {
    const late = world({ rate: always(FAST) }, { rate: always(FAST), joinsAtMs: ideal(FAST) / 2 });
    const ms = late.run();
    assert.ok(ms < ideal(FAST) * 0.78, `${ms} ms`);
    assert.ok([...late.received.values()].filter((source) => source === 1).length > PIECES / 5);
  });

  it('asks for the rarest pieces first where some have only a part', () => {
    const half = new PieceSet(PIECES);
    for (let piece = 0; piece < PIECES; piece += 1) if (piece % 8 !== 0) half.add(piece);
    const parts = world(
      { rate: always(FAST) },
      { rate: always(FAST), has: half },
      { rate: always(FAST), has: half },
    );
    const ms = parts.run();
    const rare = parts.order.filter((piece) => parts.received.get(piece) === 0).slice(0, PIECES / 8);
    const share = rare.filter((piece) => piece % 8 === 0).length / rare.length;
    assert.ok(share > 0.9, `${share} of the first that the whole source sent are rare; ${REPLAY}`);
    assert.ok(ms < ideal(FAST, FAST, FAST) * 1.1, `${ms} ms; ${REPLAY}`);
  });

  it('keeps to the window, and goes on when it moves', () => {
    const narrow = world({ rate: always(FAST) }, { rate: always(FAST) });
    let end = 0;
    const widen = () => {
      end = Math.min(narrow.received.size + 16, PIECES);
      narrow.step({ type: 'window', end });
    };
    widen();
    while (narrow.received.size < PIECES) {
      const before = narrow.received.size;
      assert.throws(() => narrow.run(narrow.nowMs + 2_000));
      assert.ok(narrow.received.size > before, 'something came');
      assert.ok(Math.max(...narrow.received.keys()) < end);
      widen();
      if (end === PIECES) narrow.run();
    }
  });

  it('brings every piece once, whatever the sources do, while one of them goes on', () => {
    for (let story = 0; story < 60; story += 1) {
      const pieces = 1 + below(random, 300);
      const sources = Array.from({ length: 1 + below(random, 6) }, () => anySource(pieces));
      const steady: WorldSource = {
        rate: always(1_000 + below(random, FAST)),
        joinsAtMs: below(random, 5_000),
      };
      const any = new PlanWorld(pieces, [...sources, steady], random);
      any.run();
      assert.equal(any.received.size, pieces, `story ${story}; ${REPLAY}`);
    }
  });
});

function anySource(pieces: number): WorldSource {
  const rate = 10 ** (1 + random() * 4);
  const [pauseFrom, pauseMs] = [below(random, 10_000), below(random, 5_000)];
  const isPaused = (nowMs: number) => nowMs >= pauseFrom && nowMs < pauseFrom + pauseMs;
  const has = below(random, 3) === 0 ? new PieceSet(pieces) : null;
  for (let piece = 0; piece < pieces; piece += 1) if (random() < 0.5) has?.add(piece);
  return {
    rate: (nowMs) => (isPaused(nowMs) ? 0 : rate),
    has,
    latencyMs: below(random, 200),
    joinsAtMs: below(random, 3_000),
    ...(below(random, 3) === 0 ? { diesAtMs: 3_000 + below(random, 10_000) } : {}),
  };
}
