import assert from 'node:assert/strict';
import { measureLookups } from '../../bench/lookup.ts';
import { percentile } from '../process-figures.ts';
import { runPart } from './part.ts';

await runPart(
  'warm lookups on a ring of 32 processes, the owner verified by contact, take at most 1.5 ms at p50 and 10 ms at p99',
  async () => {
    const { all, overRest, liveness, hops, processes } = await measureLookups(32);
    const figures = {
      processes,
      lookups: all.length,
      p50Ms: percentile(all, 0.5),
      p99Ms: percentile(all, 0.99),
      overRestP50Ms: percentile(overRest, 0.5),
      pingP50Ms: percentile(liveness, 0.5),
      meanHops: hops.reduce((sum, each) => sum + each, 0) / hops.length,
      mostHops: Math.max(...hops),
    };
    console.log(figures);
    assert.ok(figures.p50Ms <= 1.5, 'at most 1.5 ms at p50');
    assert.ok(figures.p99Ms <= 10, 'at most 10 ms at p99');
    return figures;
  },
);
