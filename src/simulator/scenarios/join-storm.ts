/** Many nodes join a small ring at one moment. */
import { headsAreIdeal } from '../checkers/ideal.ts';
import { sample } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { ROUND_MS } from './rounds.ts';

/** Below the full size a ring of 17 is joined, from there on one of 32 (docs/figures/ring.md). */
const BASE = 17;
const FULL_BASE = 32;
const FULL_SIZE = 5_000;

export const JOIN_STORM: Scenario = {
  name: 'join-storm',
  faults: ['duplication', 'drift', 'clockJump', 'reordering', 'loss', 'slow'],
  strength: 'mild',
  quietWithinMs: 60_000,
  demands: [
    {
      what: 'heads and predecessors true after',
      unit: 'ms',
      of: 'headsTrueMs',
      atMost: 20 * ROUND_MS,
      where: 'isPlain',
      because: '20 rounds',
    },
    {
      what: 'then lists whole after',
      unit: 'ms',
      of: 'listsAfterHeadsMs',
      atMost: 16 * ROUND_MS,
      where: 'isPlain',
    },
    {
      what: 'messages of a node',
      unit: 'messages',
      of: 'messagesPerNode',
      atMost: 60,
      where: 'isPlain',
    },
  ],
  start: (run) => run.startAtRest(baseOf(run.nodes)),
  actOne: (run) => {
    const { world, figures, inspector } = run;
    const base = run.members();
    const before = run.traffic().messages;
    const stormAt = world.schedule.now;
    for (let i = base.length; i < run.nodes; i++) world.start(sample(world.random, base, 3));
    figures.isPlain = run.drawn.loss === 0 && run.drawn.slowShare === 0 ? 1 : 0;
    const withinMs = run.nodes >= FULL_SIZE ? 120_000 : 60_000;
    const heads = (): boolean => inspector.outsiders === 0 && headsAreIdeal(inspector.view) === null;
    figures.headsTrueMs = world.runUntil(heads, withinMs, 100);
    figures.listsAfterHeadsMs = run.untilIdeal(withinMs);
    figures.messagesPerNode = (run.traffic().messages - before) / run.nodes;
    figures.stormMs = world.schedule.now - stormAt;
  },
};

function baseOf(nodes: number): number {
  return Math.min(nodes < FULL_SIZE ? BASE : FULL_BASE, Math.max(1, Math.floor(nodes / 2)));
}
