/** The files of all nodes as one paged list: node after node in the order of their ids, each in its own order. */
import type { Static } from 'typebox';
import { FilePage } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { NodeCalls } from './node-calls.ts';
import type { KnownNode, Registry } from './registry.ts';

type Page = Static<typeof FilePage>;

/** A page is answered after this time with what there is, and the next goes on from there. */
const PAGE_BUDGET_MS = 6_000;
/** Nodes' pages asked for one page here; many nodes may hold nothing. */
const NODE_PAGES_MAX = 1_000;

/** Where the next page begins: at this node, after this cursor of its own. */
interface Place {
  readonly node: string;
  readonly after: string | null;
}

/** @param cursor from the page before @throws Problem `bad_request` */
export async function listFiles(
  registry: Registry,
  calls: NodeCalls,
  limit: number,
  cursor: string | null,
): Promise<Page> {
  const untilMs = performance.now() + PAGE_BUDGET_MS;
  const files: Page['files'] = [];
  const unreached: NonNullable<Page['unreached']> = [];
  let place: Place | null = cursor === null ? firstPlace(registry, '') : readCursor(cursor);
  for (let asked = 0; place !== null && asked < NODE_PAGES_MAX; asked++) {
    if (files.length >= limit || performance.now() >= untilMs) break;
    const node = registry.get(place.node);
    const page = node === null ? null : await pageOf(calls, node, limit - files.length, place.after);
    if (node !== null && page === null) unreached.push({ id: node.id, address: node.address });
    for (const file of page?.files ?? []) {
      files.push({ ...file, node: { id: place.node, address: node?.address ?? '' } });
    }
    const after = page?.nextCursor ?? null;
    place = after === null ? firstPlace(registry, place.node) : { node: place.node, after };
  }
  return { files, nextCursor: place === null ? null : writeCursor(place), unreached };
}

/** The first node behind `id` that may answer. */
function firstPlace(registry: Registry, id: string): Place | null {
  const next = registry
    .nodes()
    .find(
      (node) =>
        node.id > id && node.presence.state !== 'inactive' && node.descriptor.endpoints.index !== null,
    );
  return next === undefined ? null : { node: next.id, after: null };
}

/** Null when the node does not answer: the others' files are still worth having. */
async function pageOf(
  calls: NodeCalls,
  node: KnownNode,
  limit: number,
  after: string | null,
): Promise<Page | null> {
  const cursor = after === null ? {} : { cursor: after };
  try {
    return await calls.ask(node, FilePage, { path: '/api/v1/files', query: { limit, ...cursor } });
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify([place.node, place.after])).toString('base64url');
}

function readCursor(cursor: string): Place {
  try {
    const [node, after] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    if (typeof node === 'string' && (after === null || typeof after === 'string')) return { node, after };
  } catch {
    // Said below.
  }
  throw new Problem('bad_request', { reason: 'the cursor is not one of this route' });
}
