/** A churn script told by real processes over gRPC. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { judgeRing } from '../src/cli/ring-judgement.ts';
import type { NodeStatus } from '../src/client/schemas/node-routes.ts';
import type { Answer, ChurnAct, ChurnScript, Question } from './churn-script.ts';
import { getJson, startInGroups, type TestNetwork, type TestNode } from './network.ts';
import { inTurns } from './ring-oracle.ts';
import { until } from './until.ts';

const SETTLE_WITHIN_MS = 120_000;

/** @returns the answers of each `ask`, in the order of its questions */
export async function runOnProcesses(network: TestNetwork, script: ChurnScript): Promise<Answer[][]> {
  const answers: Answer[][] = [];
  for (const act of script.acts) {
    if (act.type === 'ask') answers.push(await ask(network.nodes, act));
    else if (act.type === 'settle') await settle(network.nodes, act.restMs);
    else await change(network.nodes, act);
  }
  return answers;
}

/** Every node that runs is in its place, with its whole list and in no doubt. */
async function settle(nodes: readonly TestNode[], restMs: number): Promise<void> {
  const running = nodes.filter((node) => node.runs);
  await until(`${running.length} processes are an ideal ring`, SETTLE_WITHIN_MS, async () => {
    const said = await Promise.all(running.map(({ url }) => getJson<NodeStatus>(`${url}/api/v1/status`)));
    assert.deepEqual(judgeRing(said), { size: running.length, troubles: [] });
    return true;
  });
  await wait(restMs);
}

async function change(
  nodes: readonly TestNode[],
  { type, nodes: numbers }: Extract<ChurnAct, { nodes: unknown }>,
): Promise<void> {
  const changed = numbers.map((number) => nodes[number] as TestNode);
  if (type === 'return') await startInGroups(changed);
  else await Promise.all(changed.map((node) => node.end(type === 'kill' ? 'SIGKILL' : 'SIGTERM')));
}

async function ask(
  nodes: readonly TestNode[],
  { questions, everyMs }: Extract<ChurnAct, { type: 'ask' }>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const put = async ([index, question]: readonly [number, Question]): Promise<void> => {
    answers[index] = await lookUp(nodes[question.asker] as TestNode, question);
  };
  if (everyMs === 0) {
    await inTurns([...questions.entries()], put);
    return answers;
  }
  const asked = [];
  for (const entry of questions.entries()) {
    asked.push(put(entry));
    await wait(everyMs);
  }
  await Promise.all(asked);
  return answers;
}

async function lookUp(node: TestNode, { key }: Question): Promise<Answer> {
  const answer = await request(`${node.url}/api/v1/lookup?key=${key}`, { headersTimeout: 15_000 });
  const body = (await answer.body.json()) as { owner?: { id: string }; hops?: number };
  return { owner: body.owner?.id ?? null, hops: body.hops ?? 0 };
}
