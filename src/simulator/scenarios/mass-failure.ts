/** Up to half of all nodes die at one moment without a word (ToN 2003, Table II). */
import { headsAreIdeal, ideal } from '../checkers/ideal.ts';
import { sample } from '../random.ts';
import type { Run } from '../run.ts';
import type { Scenario } from '../scenario.ts';
import { DETECTION_MS, ROUND_MS } from './rounds.ts';

const WATCHED_MS = 30_000;
const SURE_AFTER_MS = 10_000;
/** A lookup is tried again for so long: keys of the dead have no owner before their deaths are known. */
const WITH_RETRIES_MS = 10_000;
const FULL_SIZE = 500;

export const MASS_FAILURE: Scenario = {
  name: 'mass-failure',
  faults: ['duplication', 'drift', 'clockJump', 'reordering'],
  strength: 'mild',
  quietWithinMs: 30_000,
  demands: [
    {
      what: 'lookups from the first moment that fail',
      unit: 'share',
      of: 'failedAtOnce',
      per: 'askedAtOnce',
      atMost: 0.001,
    },
    {
      what: 'lookups after 10 s that fail',
      unit: 'share',
      of: 'failedLater',
      per: 'askedLater',
      atMost: 0,
    },
    {
      what: 'heads and predecessors true after',
      unit: 'ms',
      of: 'headsTrueMs',
      atMost: DETECTION_MS + 2 * ROUND_MS,
      because: 'detection + 2 rounds',
    },
    {
      what: 'lists whole after',
      unit: 'ms',
      of: 'listsWholeMs',
      atMost: DETECTION_MS + 5 * ROUND_MS,
      because: 'detection + 5 rounds',
    },
    {
      what: 'orphans',
      unit: 'share',
      of: 'orphans',
      per: 'survivors',
      atMost: 1e-5,
      where: 'isLarge',
    },
  ],
  draw: ({ world, nodes }) => ({
    diesShare: nodes >= FULL_SIZE ? 0.5 : Number((0.1 + 0.4 * world.random()).toFixed(2)),
  }),
  actOne: (run) => {
    const { world, figures, load } = run;
    for (const node of sample(
      world.random,
      world.live(),
      Math.floor((run.drawn.diesShare as number) * run.nodes),
    ))
      world.crash(node);
    const diedAt = world.schedule.now;
    load.deadlineMs = WITH_RETRIES_MS;
    figures.survivors = run.members().length;
    figures.isLarge = run.nodes >= FULL_SIZE ? 1 : 0;
    load.ask(lookupsPerSecond(run), () => run.members());
    figures.headsTrueMs = null;
    figures.listsWholeMs = null;
    const look = (): void => {
      const { view, outsiders } = run.inspector;
      const tookMs = world.schedule.now - diedAt;
      if (outsiders === 0 && headsAreIdeal(view) === null) figures.headsTrueMs ??= tookMs;
      if (outsiders === 0 && ideal(view) === null) figures.listsWholeMs ??= tookMs;
    };
    const lookUntil = (untilMs: number): void => {
      while (world.schedule.now < diedAt + untilMs) {
        world.run(100);
        if (figures.listsWholeMs === null) look();
      }
    };
    lookUntil(SURE_AFTER_MS);
    load.ask(0, () => []);
    lookUntil(SURE_AFTER_MS + WITH_RETRIES_MS);
    figures.askedAtOnce = load.counts.asked;
    figures.failedAtOnce = load.counts.failed + load.counts.wrong;
    load.ask(lookupsPerSecond(run), () => run.members());
    lookUntil(WATCHED_MS);
    load.ask(0, () => []);
    world.run(WITH_RETRIES_MS);
    figures.askedLater = load.counts.asked - figures.askedAtOnce;
    figures.failedLater = load.counts.failed + load.counts.wrong - figures.failedAtOnce;
  },
};

function lookupsPerSecond({ nodes }: Run): number {
  return Math.max(50, nodes / 10);
}
