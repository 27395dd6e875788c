/** Nodes join, leave and crash at the rate that a mean session gives (ToN 2003, Table III; sessions of docs/figures/ring.md). */
import { LARGE_RING } from '../large-ring.ts';
import { crash, join, leave, restart } from '../node-faults.ts';
import type { Demand, Scenario } from '../scenario.ts';

const MINUTE_MS = 60_000;
const LOOKUPS_PER_SECOND = 20;
/** Below this many nodes sessions are as short as it takes for something to happen, and so is the run. */
const FULL_SIZE = 500;
const LASTS_MS = 5 * MINUTE_MS;
const SMALL_LASTS_MS = 2 * MINUTE_MS;
const LARGE_LASTS_MS = MINUTE_MS;

const bounds = (
  where: string,
  wrong: number,
  failed: number,
  timeouts: number,
  because: string,
): Demand[] => [
  { what: 'wrong owners', unit: 'share', of: 'wrongOwners', per: 'lookups', atMost: wrong, where, because },
  {
    what: 'lookups that fail',
    unit: 'share',
    of: 'lookupsFailed',
    per: 'lookups',
    atMost: failed,
    where,
    because,
  },
  { what: 'time-outs', unit: 'a lookup', of: 'timeouts', per: 'lookups', atMost: timeouts, where, because },
];

export const CHURN: Scenario = {
  name: 'churn',
  faults: ['duplication', 'reordering', 'drift', 'clockJump', 'loss', 'slow'],
  strength: 'mild',
  quietWithinMs: 60_000,
  demands: [
    ...bounds('sessions42', 1e-4, 1e-4, 0.1, 'sessions of 42 min'),
    ...bounds('sessions10', 1e-3, 1e-3, 0.3, 'sessions of 10 min'),
    {
      what: 'bytes of a node, in and out',
      unit: 'bytes/s',
      of: 'bytesPerNodeSecond',
      atMost: 1_000,
      where: 'sessions10WithBytes',
    },
  ],
  draw: ({ world, nodes }) => {
    const minutes =
      nodes >= FULL_SIZE ? (world.random() < 0.5 ? 42 : 10) : 1 + Math.floor(world.random() * 5);
    return { sessionMinutes: minutes, crashShare: Number(world.random().toFixed(2)) };
  },
  actOne: (run) => {
    const { world, load, nodes, drawn, figures } = run;
    const sessionMinutes = drawn.sessionMinutes as number;
    const lastsMs = lastsMsOf(nodes);
    const everyMs = (sessionMinutes * MINUTE_MS) / nodes;
    const untilMs = world.schedule.now + lastsMs;
    const before = run.traffic();
    run.repeat(everyMs, untilMs, () => join(run));
    run.repeat(everyMs, untilMs, () => {
      const node = run.anyOf(run.members());
      if (node === undefined) return;
      if (world.random() >= (drawn.crashShare as number)) leave(run, node);
      else if (world.random() < 0.3) restart(run, node);
      else crash(run, node);
    });
    load.ask(Math.max(LOOKUPS_PER_SECOND, nodes / 10), () => run.members());
    world.run(lastsMs);
    const after = run.traffic();
    figures.sessions42 = sessionMinutes === 42 ? 1 : 0;
    figures.sessions10 = sessionMinutes === 10 ? 1 : 0;
    figures.sessions10WithBytes = after.bytes > 0 ? figures.sessions10 : 0;
    const nodeSeconds = (nodes * lastsMs) / 1_000;
    figures.messagesPerNodeSecond = (after.messages - before.messages) / nodeSeconds;
    figures.bytesPerNodeSecond = (after.bytes - before.bytes) / nodeSeconds;
  },
};

/** Of many nodes enough come and go in a minute. */
function lastsMsOf(nodes: number): number {
  if (nodes >= LARGE_RING) return LARGE_LASTS_MS;
  return nodes >= FULL_SIZE ? LASTS_MS : SMALL_LASTS_MS;
}
