/** Half of the nodes die at once without a word: what is right again, and when (ToN 2003, table II; docs/figures/ring.md). */
import type { Identifier } from '../../../src/ring/identifier.ts';
import { RingView } from '../../../src/simulator/checkers/ring-view.ts';
import { placeOf } from '../../../src/simulator/live-ring.ts';
import { randomIdentifier, sample } from '../../../src/simulator/random.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import type { Witness } from '../../../src/simulator/witness.ts';
import type { World } from '../../../src/simulator/world.ts';
import type { Point } from '../line-plot.ts';
import { ringAtRest } from '../stage/rest.ts';
import type { Sample, Workload } from '../workload.ts';

const DIE = 0.5;
const WATCHED_MS = 20_000;
/** As long as an event-driven stabilise waits after a change. */
const ROUND_MS = 200;
/** A question within 2 s of the last word finds the silence, and it is a death after 3. */
const DETECTION_MS = 5_000;
const SURE_AFTER_MS = 10_000;
/** With the lookup's own retries: above detection, for before it a dead owner's keys have none. */
const DEADLINE_MS = 10_000;
const SOON_MS = 5_000;
const LOOKUPS_PER_ROUND = { most: 200, perNode: 0.05 };
const REJOINED_WITHIN_MS = 30_000;

interface Asked {
  readonly asker: SimulatedNode;
  readonly lookupId: number;
  readonly atMs: number;
  readonly owner: Identifier;
  /** When its end was seen, at the end of a round; null while it is under way. */
  endedAtMs: number | null;
}

export const RECOVERY: Workload = {
  title: '50 % die at once',
  what:
    'Half of the nodes, by chance, fall silent in the same moment. From then on, lookups of random keys by random survivors, ' +
    'each retried for 10 s. Detection is 5 s: a question within 2 s of the last word, and 3 s of silence; a round is 0.2 s.',
  measures: {
    failedAtOnce: {
      name: 'lookups of the first 10 s that fail',
      kind: 'share',
      demand: { atMost: 0.001 },
    },
    slowAtOnce: { name: 'lookups of the first 10 s not right within 5 s', kind: 'share' },
    failedLater: { name: 'lookups after 10 s that fail', kind: 'share', demand: { atMost: 0 } },
    wrong: { name: 'wrong owners', kind: 'share', demand: { atMost: 0 } },
    headsTrue: {
      name: 'heads and predecessors right after',
      kind: 'every',
      unit: 's',
      demand: { atMost: (DETECTION_MS + 2 * ROUND_MS) / 1_000 },
    },
    listsWhole: {
      name: 'all lists whole after',
      kind: 'every',
      unit: 's',
      demand: { atMost: (DETECTION_MS + 5 * ROUND_MS) / 1_000 },
    },
    orphans: { name: 'survivors without a successor', kind: 'share', demand: { 10000: { atMost: 1e-5 } } },
    outsiders: {
      name: 'survivors outside the ring after 30 s',
      kind: 'share',
      demand: { atMost: 0 },
    },
    timeouts: { name: 'time-outs of a lookup in the first second', kind: 'mean' },
    messages: { name: 'messages of a survivor in 20 s', kind: 'mean' },
  },
  reasons: {
    failedAtOnce:
      'lists are whole before that, and the owner answers: such a lookup does not come to it for 10 s, among the dead that routing ' +
      'tables still hold. Hedging, and waiting by round trips, shorten each try',
    failedLater: 'the same: routing tables forget the dead later than lists do',
  },
  quick: [
    { nodes: 200, seeds: 3 },
    { nodes: 1_000, seeds: 1 },
  ],
  full: [
    { nodes: 100, seeds: 60 },
    { nodes: 300, seeds: 30 },
    { nodes: 1_000, seeds: 10 },
    { nodes: 10_000, seeds: 3 },
  ],
  run: (seed, nodes): Sample => recover(seed, nodes),
};

function recover(seed: number, count: number): Sample {
  const orphaned = new Set<SimulatedNode>();
  const { world, nodes } = ringAtRest(count, { seed, witness: () => orphansIn(orphaned) });
  for (const node of sample(world.random, nodes, Math.floor(count * DIE))) world.crash(node);
  const survivors = nodes.filter(({ isRunning }) => isRunning);
  const ids = survivors.map(({ contact }) => contact.id).sort();
  const before = survivors.reduce((sum, { traffic }) => sum + traffic.sent + traffic.received, 0);
  const diedAt = world.schedule.now;
  const asked: Asked[] = [];
  const curves = { heads: [] as Point[], lists: [] as Point[] };
  const figures: Record<string, number> = {};
  for (let tookMs = 0; tookMs <= WATCHED_MS; tookMs += ROUND_MS) {
    const { heads, predecessors, lists } = rightOnes(survivors);
    curves.heads.push({ x: tookMs / 1_000, y: heads / ids.length });
    curves.lists.push({ x: tookMs / 1_000, y: lists / ids.length });
    if (heads === ids.length && predecessors === ids.length) figures.headsTrue ??= tookMs / 1_000;
    if (lists === ids.length) figures.listsWhole ??= tookMs / 1_000;
    ask(world, survivors, ids, asked);
    world.run(ROUND_MS);
    noteEnds(asked, world.schedule.now);
  }
  const messages = survivors.reduce((sum, { traffic }) => sum + traffic.sent + traffic.received, 0) - before;
  for (let leftMs = REJOINED_WITHIN_MS - WATCHED_MS; leftMs > 0; leftMs -= ROUND_MS) {
    world.run(ROUND_MS);
    noteEnds(asked, world.schedule.now);
  }
  const outsiders = survivors.filter(({ state }) => state.phase !== 'member').length;
  const orphans = survivors.filter((node) => orphaned.has(node)).length;
  const { lookups, ...judged } = judge(asked, diedAt);
  return {
    figures: {
      headsTrue: null,
      listsWhole: null,
      ...figures,
      ...judged,
      orphans: { events: orphans, of: survivors.length },
      outsiders: { events: outsiders, of: survivors.length },
      messages: messages / survivors.length,
    },
    curves: { ...curves, lookups },
  };
}

/** Notes who lost all successors; nothing else that nodes tell is kept: of 10,000 each tells of thousands of deaths. */
function orphansIn(orphaned: Set<SimulatedNode>): Witness<SimulatedNode> {
  return {
    started: () => {},
    ended: () => {},
    stepped: () => {},
    told: (node, { type }) => {
      node.events.length = 0;
      if (type === 'orphaned') orphaned.add(node);
    },
  };
}

/** How many of the survivors have the right head, the right predecessor, a list as long and as right as it can be. */
function rightOnes(survivors: readonly SimulatedNode[]): {
  heads: number;
  predecessors: number;
  lists: number;
} {
  const { places } = new RingView(survivors.map(placeOf));
  const id = (at: number): Identifier | undefined => places[(at + places.length) % places.length]?.contact.id;
  let [heads, predecessors, lists] = [0, 0, 0];
  for (const [at, { successors, predecessor, wanted }] of places.entries()) {
    if (successors[0]?.id === id(at + 1)) heads++;
    if (predecessor?.id === id(at - 1)) predecessors++;
    const length = Math.min(wanted, places.length - 1);
    if (successors.length === length && successors.every((each, i) => each.id === id(at + 1 + i))) lists++;
  }
  return { heads, predecessors, lists };
}

function ask(
  world: World,
  survivors: readonly SimulatedNode[],
  ids: readonly Identifier[],
  asked: Asked[],
): void {
  const { most, perNode } = LOOKUPS_PER_ROUND;
  const lookups = Math.min(most, Math.ceil(survivors.length * perNode));
  for (let i = 0; i < lookups; i++) {
    const asker = survivors[Math.floor(world.random() * survivors.length)] as SimulatedNode;
    const key = randomIdentifier(world.random);
    const owner = ids.find((each) => each >= key) ?? (ids[0] as Identifier);
    asked.push({
      asker,
      lookupId: asker.lookup(key, DEADLINE_MS),
      atMs: world.schedule.now,
      owner,
      endedAtMs: null,
    });
  }
}

function noteEnds(asked: readonly Asked[], nowMs: number): void {
  for (const each of asked)
    if (each.endedAtMs === null && each.asker.results.has(each.lookupId)) each.endedAtMs = nowMs;
}

function judge(asked: readonly Asked[], diedAt: number) {
  const atOnce = { events: 0, of: 0 };
  const later = { events: 0, of: 0 };
  const slow = { events: 0, of: 0 };
  const wrong = { events: 0, of: asked.length };
  const first = { timeouts: 0, lookups: 0 };
  const byTime = new Map<number, { right: number; of: number }>();
  for (const { asker, lookupId, atMs, owner, endedAtMs } of asked) {
    const result = asker.results.get(lookupId);
    const isRight = result?.owner?.id === owner;
    const period = atMs - diedAt < SURE_AFTER_MS ? atOnce : later;
    period.of++;
    if (!isRight) period.events++;
    const isSoon = isRight && (endedAtMs ?? Number.POSITIVE_INFINITY) - atMs <= SOON_MS;
    if (period === atOnce) {
      slow.of++;
      if (!isSoon) slow.events++;
    }
    if (result?.owner && !isRight) wrong.events++;
    if (atMs - diedAt < 1_000) {
      first.lookups++;
      first.timeouts += asker.callsToDead.get(lookupId) ?? 0;
    }
    const then = byTime.get(atMs - diedAt) ?? { right: 0, of: 0 };
    byTime.set(atMs - diedAt, { right: then.right + (isSoon ? 1 : 0), of: then.of + 1 });
  }
  const lookups = [...byTime].map(([ms, { right, of }]): Point => ({ x: ms / 1_000, y: right / of }));
  return {
    failedAtOnce: atOnce,
    slowAtOnce: slow,
    failedLater: later,
    wrong,
    timeouts: first.timeouts / first.lookups,
    lookups,
  };
}
