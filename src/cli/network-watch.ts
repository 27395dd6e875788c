/** Waits until some nodes are on one ring and a portmapper knows them all. */
import { setTimeout as delay } from 'node:timers/promises';
import { baseOf, type HttpClient } from '../client/http.ts';
import { NodeClient } from '../client/node-client.ts';
import { PortmapperClient } from '../client/portmapper-client.ts';
import type { NodeStatus } from '../client/schemas/node-routes.ts';
import { Problem } from '../problems/problem.ts';

const POLL_INTERVAL_MS = 250;
const ASK_TIMEOUT_MS = 2_000;
/** 64 nodes on a slow machine need about a minute. */
const READY_TIMEOUT_MS = 180_000;

/** @param addresses of the index services @throws Problem `not_one_ring` after 3 minutes, `interrupted` */
export async function watchNetwork(
  http: HttpClient,
  portmapper: string,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let missing = '';
  while (performance.now() < deadline) {
    if (signal.aborted) throw new Problem('interrupted');
    missing = await whatIsMissing(http, portmapper, addresses);
    if (missing === '') return;
    await delay(POLL_INTERVAL_MS);
  }
  throw new Problem('not_one_ring', { missing });
}

/** Resolves when something answers there. @throws Problem `interrupted`, `not_one_ring` after 3 minutes */
export async function waitUntilThere(http: HttpClient, base: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await http.reaches(base, ASK_TIMEOUT_MS))) {
    if (signal.aborted) throw new Problem('interrupted');
    if (performance.now() > deadline) throw new Problem('not_one_ring', { missing: base });
    await delay(POLL_INTERVAL_MS);
  }
}

async function whatIsMissing(
  http: HttpClient,
  portmapper: string,
  addresses: readonly string[],
): Promise<string> {
  const statuses: NodeStatus[] = [];
  for (const address of addresses) {
    const status = await orNull(new NodeClient(http, baseOf(address)).status(ASK_TIMEOUT_MS));
    if (status === null || !status.joined) return address;
    statuses.push(status);
  }
  if (!isOneRing(statuses)) return addresses.join(' ');
  const registry = await orNull(new PortmapperClient(http, [portmapper]).nodes());
  const active = new Set(registry?.filter(isOnRing).map(({ id }) => id));
  return statuses.find(({ id }) => !active.has(id))?.address ?? '';
}

function isOnRing({ state, joined }: { readonly state: string; readonly joined: boolean }): boolean {
  return state === 'active' && joined;
}

/** Following first successors from any node visits every node once and ends where it began. */
export function isOneRing(nodes: readonly Pick<NodeStatus, 'id' | 'successors'>[]): boolean {
  const next = new Map(nodes.map(({ id, successors }) => [id, successors[0]?.id]));
  const [first] = nodes;
  if (first === undefined || nodes.length === 1) return true;
  let at = next.get(first.id);
  let visited = 1;
  while (at !== undefined && at !== first.id && visited <= nodes.length) {
    at = next.get(at);
    visited += 1;
  }
  return at === first.id && visited === nodes.length;
}

async function orNull<Answer>(question: Promise<Answer>): Promise<Answer | null> {
  try {
    return await question;
  } catch {
    return null;
  }
}
