/** Nobody comes or goes. What a ring at rest costs, and that every lookup finds its owner. */
import { LARGE_RING } from '../large-ring.ts';
import type { Scenario } from '../scenario.ts';

const MEASURED_MS = 120_000;
const LARGE_MEASURED_MS = 40_000;
const LOOKUPS_PER_SECOND = 20;

export const STEADY: Scenario = {
  name: 'steady',
  faults: ['duplication', 'reordering', 'drift', 'clockJump', 'loss', 'slow'],
  strength: 'mild',
  quietWithinMs: 30_000,
  demands: [
    {
      what: 'wrong owners',
      unit: 'share',
      of: 'wrongOwners',
      per: 'lookups',
      atMost: 0,
    },
    {
      what: 'lookups that fail',
      unit: 'share',
      of: 'lookupsFailed',
      per: 'lookups',
      atMost: 0,
    },
    {
      what: 'hops',
      unit: 'mean',
      of: 'hops',
      per: 'found',
      atMost: 1,
      where: 'isPlain',
      because: '1 hop with the routing table',
    },
    {
      what: 'bytes of a node, in and out',
      unit: 'bytes/s',
      of: 'bytesPerNodeSecond',
      atMost: 250,
      where: 'hasBytes',
    },
    {
      what: 'p99 of lookups beside their median, with slow nodes',
      unit: 'ratio',
      of: 'p99ToMedian',
      atMost: 3,
      where: 'hasSlow',
    },
  ],
  actOne: (run) => {
    const { world, load, figures, drawn } = run;
    // At rest first, without lookups, which are no maintenance.
    const measuredMs = run.nodes >= LARGE_RING ? LARGE_MEASURED_MS : MEASURED_MS;
    const before = run.traffic();
    world.run(measuredMs);
    const after = run.traffic();
    const nodeSeconds = (run.nodes * measuredMs) / 1_000;
    figures.messagesPerNodeSecond = (after.messages - before.messages) / nodeSeconds;
    figures.bytesPerNodeSecond = (after.bytes - before.bytes) / nodeSeconds;
    // Loss, and suspicions that come of it, are not rest.
    figures.isPlain = drawn.loss === 0 && drawn.slowShare === 0 ? 1 : 0;
    figures.hasBytes = after.bytes > 0 ? figures.isPlain : 0;
    load.ask(Math.max(LOOKUPS_PER_SECOND, run.nodes / 50), () => run.members());
    world.run(measuredMs / 2);
    load.ask(0, () => []);
    world.run(5_000);
    figures.hasSlow = drawn.slowShare > 0 && load.tookMs.length > 0 ? 1 : 0;
    figures.p99ToMedian = load.ratioOfP99();
  },
};
