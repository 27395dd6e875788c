/**
 * The simulator tells the truth about real processes: the same script, identifiers and lookups give the same owners and hop
 * counts over gRPC and in virtual time. Where fingers are chosen by measured round trips, hop counts agree as distributions.
 */
import assert from 'node:assert/strict';
import type { RingParameters } from '../src/ring/parameters.ts';
import { runInSimulator } from './churn-in-simulator.ts';
import { runOnProcesses } from './churn-of-processes.ts';
import { type Answer, type ChurnScript, type ChurnSize, drawScript, keyOf } from './churn-script.ts';
import { TestNetwork } from './network.ts';
import { membersOf } from './ring-oracle.ts';

export interface AgreementStory extends ChurnSize {
  /** Of the ring's parameters, what differs from the defaults, of both alike. */
  readonly settings: Pick<Partial<RingParameters>, 'successorCount' | 'routesMax'>;
}

export interface Agreement {
  readonly lookups: number;
  readonly settledLookups: number;
  /** Of lookups in a settled ring, those with the same hop count in both. */
  readonly sameHopsShare: number;
  readonly meanHopsOfProcesses: number;
  readonly meanHopsSimulated: number;
  /** Half the sum of the differences of the shares of each hop count: 0 for the same distribution, 1 for disjoint ones. */
  readonly hopsDistance: number;
  readonly hastyMeanHopsOfProcesses: number;
  readonly hastyMeanHopsSimulated: number;
  readonly unansweredByProcesses: number;
  readonly unansweredSimulated: number;
  readonly wrongOwners: number;
}

/** Runs both, and holds every owner against the sorted identifiers. */
export async function compareWithSimulator({ settings, ...size }: AgreementStory): Promise<Agreement> {
  const script = drawScript(size);
  const words = Object.entries(settings).flatMap(([name, value]) => ['--timing', `${name}=${value}`]);
  const network = await TestNetwork.start({ nodes: size.nodes, nodeArgs: words });
  try {
    const ids = await idsOf(network);
    const real = await runOnProcesses(network, script);
    const simulated = runInSimulator(script, ids, settings);
    const wrong = [...wrongOwners(script, ids, real), ...wrongOwners(script, ids, simulated)];
    assert.deepEqual(wrong, [], 'no wrong owner');
    return compare(script, real, simulated);
  } finally {
    await network.stop();
  }
}

async function idsOf(network: TestNetwork): Promise<string[]> {
  const members = await membersOf(network.nodes);
  return network.nodes.map((node) => members.find((member) => member.node === node)?.id ?? '');
}

/** In the middle of a change the nodes that come and go may own a key or not; those that stay bound who may. */
function wrongOwners({ nodes, acts }: ChurnScript, ids: readonly string[], answers: Answer[][]): string[] {
  const wrong: string[] = [];
  let before = Array.from({ length: nodes }, (_, index) => index);
  let now = before;
  let asked = 0;
  for (const act of acts) {
    if (act.type === 'settle') before = now;
    else if (act.type === 'return') now = [...now, ...act.nodes];
    else if (act.type !== 'ask') now = now.filter((node) => !act.nodes.includes(node));
    if (act.type !== 'ask') continue;
    const stay = now.filter((node) => before.includes(node)).map((node) => ids[node] ?? '');
    const mayOwn = new Set([...before, ...now].map((node) => ids[node] ?? ''));
    for (const [index, question] of act.questions.entries()) {
      const owner = answers[asked]?.[index]?.owner ?? null;
      const key = keyOf(question);
      const nearer = stay.filter((id) => distance(key, id) < distance(key, owner ?? ''));
      if (owner !== null && (nearer.length > 0 || !mayOwn.has(owner))) wrong.push(`${key} → ${owner}`);
    }
    asked += 1;
  }
  return wrong;
}

/** Clockwise from a key to a node. */
function distance(key: string, id: string): bigint {
  const span = BigInt(`0x${id || '0'}`) - BigInt(`0x${key}`);
  return span < 0n ? span + (1n << 256n) : span;
}

function compare(
  { acts }: ChurnScript,
  real: readonly Answer[][],
  simulated: readonly Answer[][],
): Agreement {
  const asks = acts.filter((act) => act.type === 'ask');
  const some = (answers: readonly Answer[][], isSettled: boolean): Answer[] =>
    answers.filter((_, index) => (asks[index]?.everyMs === 0) === isSettled).flat();
  const [settledReal, settledSimulated] = [some(real, true), some(simulated, true)];
  const same = settledReal.filter(({ hops }, index) => hops === settledSimulated[index]?.hops).length;
  return {
    lookups: real.flat().length,
    settledLookups: settledReal.length,
    sameHopsShare: same / settledReal.length,
    meanHopsOfProcesses: meanHops(settledReal),
    meanHopsSimulated: meanHops(settledSimulated),
    hopsDistance: distanceOfShares(settledReal, settledSimulated),
    hastyMeanHopsOfProcesses: meanHops(some(real, false)),
    hastyMeanHopsSimulated: meanHops(some(simulated, false)),
    unansweredByProcesses: unanswered(real.flat()),
    unansweredSimulated: unanswered(simulated.flat()),
    wrongOwners: 0,
  };
}

function unanswered(answers: readonly Answer[]): number {
  return answers.filter(({ owner }) => owner === null).length;
}

function meanHops(answers: readonly Answer[]): number {
  const found = answers.filter(({ owner }) => owner !== null);
  return found.reduce((sum, { hops }) => sum + hops, 0) / Math.max(1, found.length);
}

function distanceOfShares(a: readonly Answer[], b: readonly Answer[]): number {
  const share = (answers: readonly Answer[], hops: number): number =>
    answers.filter((answer) => answer.hops === hops).length / answers.length;
  const counts = new Set([...a, ...b].map(({ hops }) => hops));
  return [...counts].reduce((sum, hops) => sum + Math.abs(share(a, hops) - share(b, hops)), 0) / 2;
}
