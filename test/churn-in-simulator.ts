/** A churn script in virtual time: the production core under the simulator, with the identifiers of real nodes. */
import assert from 'node:assert/strict';
import type { LookupResult } from '../src/ring/effect.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../src/ring/parameters.ts';
import { isIdeal } from '../src/simulator/live-ring.ts';
import type { SimulatedNode } from '../src/simulator/simulated-node.ts';
import { World } from '../src/simulator/world.ts';
import { SEED } from './chance.ts';
import { type Answer, type ChurnAct, type ChurnScript, keyOf, type Question } from './churn-script.ts';
import { WIRE_CODEC } from './wire-codec.ts';

/** Between two starts; a process takes about as long. */
const START_EVERY_MS = 1_000;
const SETTLE_WITHIN_MS = 120_000;
/** As the service has it. */
const LOOKUP_TIMEOUT_MS = 5_000;

/** @returns the answers of each `ask`, in the order of its questions */
export function runInSimulator(
  script: ChurnScript,
  ids: readonly string[],
  settings: Partial<RingParameters>,
): Answer[][] {
  const parameters = { ...DEFAULT_PARAMETERS, ...settings };
  const world = new World({ seed: SEED, parameters, codec: WIRE_CODEC });
  const nodes = ids.map((id, index) => world.prepare({ id, incarnation: 1, address: `node-${index + 1}:1` }));
  for (const [index, node] of nodes.entries()) {
    world.boot(node, nodes.slice(0, Math.min(index, 1)));
    world.run(START_EVERY_MS);
  }
  const answers: Answer[][] = [];
  for (const act of script.acts) {
    if (act.type === 'ask') answers.push(ask(world, nodes, act));
    else if (act.type === 'settle') settle(world, act.restMs);
    else change(world, nodes, act);
  }
  return answers;
}

function settle(world: World, restMs: number): void {
  const tookMs = world.runUntil(() => isIdeal(world.live()) === null, SETTLE_WITHIN_MS);
  assert.notEqual(tookMs, null, `simulated: ${isIdeal(world.live())}`);
  world.run(restMs);
}

function change(world: World, nodes: SimulatedNode[], act: Extract<ChurnAct, { nodes: unknown }>): void {
  for (const number of act.nodes) {
    const node = nodes[number] as SimulatedNode;
    if (act.type === 'kill') world.kill(node);
    else if (act.type === 'leave') world.leave(node);
    else nodes[number] = world.restart(node, world.live(), { withDisk: true });
  }
}

function ask(
  world: World,
  nodes: readonly SimulatedNode[],
  { questions, everyMs }: Extract<ChurnAct, { type: 'ask' }>,
): Answer[] {
  const asked = questions.map((question: Question) => {
    const node = nodes[question.asker] as SimulatedNode;
    const lookupId = node.lookup(keyOf(question), LOOKUP_TIMEOUT_MS);
    world.run(everyMs);
    return { node, lookupId };
  });
  const isAnswered = (): boolean => asked.every(({ node, lookupId }) => node.results.has(lookupId));
  assert.notEqual(world.runUntil(isAnswered, LOOKUP_TIMEOUT_MS + 1_000, 10), null);
  return asked.map(({ node, lookupId }) => {
    const { owner, hops } = node.results.get(lookupId) as LookupResult;
    return { owner: owner?.id ?? null, hops };
  });
}
