/** Who owns a key, by the sorted identifiers of the members alone: what every answer of the ring is held against. */
import { createHash } from 'node:crypto';
import { request } from 'undici';
import { below, chance, randomText } from './chance.ts';
import { getJson, type TestNode } from './network.ts';
import { until } from './until.ts';

interface LookupAnswer {
  readonly owner: { readonly id: string };
  readonly hops: number;
  readonly ms: number;
}

export interface Member {
  readonly id: string;
  readonly node: TestNode;
}

export async function membersOf(nodes: readonly TestNode[]): Promise<Member[]> {
  const members = await Promise.all(
    nodes.map(async (node) => ({
      id: (await getJson<{ id: string }>(`${node.url}/api/v1/status`)).id,
      node,
    })),
  );
  return members.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The owner of SHA-256(text) and the members after it, `count` in all. @param sorted by id */
export function successorsOf(sorted: readonly Member[], text: string, count: number): Member[] {
  const key = createHash('sha256').update(text).digest('hex');
  const first = Math.max(
    0,
    sorted.findIndex((member) => member.id >= key),
  );
  return [...sorted.slice(first), ...sorted.slice(0, first)].slice(0, count);
}

export interface Tally {
  readonly asked: number;
  readonly wrong: readonly string[];
  readonly failed: readonly string[];
  readonly hops: readonly number[];
}

const IN_FLIGHT = 16;
const random = chance('lookups');

/** Does `work` for all, some at once. */
export async function inTurns<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const workers = Array.from({ length: IN_FLIGHT }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(workers);
}

/** Random keys asked at random members. */
export async function askRing(sorted: readonly Member[], count: number): Promise<Tally> {
  const questions = Array.from({ length: count }, () => ({
    key: randomText(random),
    asked: sorted[below(random, sorted.length)],
  }));
  const wrong: string[] = [];
  const failed: string[] = [];
  const hops: number[] = [];
  const ask = async ({ key, asked }: (typeof questions)[number]): Promise<void> => {
    if (asked === undefined) return;
    const answer = await request(`${asked.node.url}/api/v1/lookup?key=${key}`, { headersTimeout: 15_000 });
    if (answer.statusCode !== 200) {
      failed.push(`${asked.node.name}: ${answer.statusCode} ${await answer.body.text()}`);
      return;
    }
    const found = (await answer.body.json()) as LookupAnswer;
    hops.push(found.hops);
    if (found.owner.id !== successorsOf(sorted, key, 1)[0]?.id)
      wrong.push(`${asked.node.name}: ${key} → ${found.owner.id.slice(0, 8)}`);
  };
  await inTurns(questions, ask);
  return { asked: count, wrong, failed, hops };
}

/** Waits until each member's successor and predecessor are its neighbours in the order of identifiers. */
export async function untilOneRing(sorted: readonly Member[], timeoutMs: number): Promise<void> {
  await until(`${sorted.length} nodes are one ring`, timeoutMs, async () => {
    const states = await Promise.all(sorted.map((member) => neighbours(member)));
    for (const [index, state] of states.entries()) {
      const next = sorted[(index + 1) % sorted.length]?.id;
      const before = sorted[(index - 1 + sorted.length) % sorted.length]?.id;
      if (state.successor !== next || state.predecessor !== before) {
        throw new Error(`${sorted[index]?.node.name} has other neighbours than its own`);
      }
    }
    return true;
  });
}

async function neighbours(
  member: Member,
): Promise<{ successor: string | undefined; predecessor: string | undefined }> {
  const status = await getJson<{ successors: { id: string }[]; predecessor: { id: string } | null }>(
    `${member.node.url}/api/v1/status`,
  );
  return { successor: status.successors[0]?.id, predecessor: status.predecessor?.id };
}
