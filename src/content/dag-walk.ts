/**
 * The blocks below a CID, each before those that it links to (depth first), as far as is asked for: `dag-scope` and
 * `entity-bytes` of the Trustless Gateway Specification. Holds the CIDs that are still to be visited and one block.
 */
import { decode } from '@ipld/dag-pb';
import { Problem } from '../problems/problem.ts';
import { type Cid, fromMultiformats, makeCid } from './cid.ts';
import { decodeDirectory } from './directory-node.ts';
import { PREFIX_CHARACTERS } from './hamt.ts';
import type { FetchBlock } from './leaf-map.ts';
import { decodeNode } from './verify.ts';

/**
 * `block`: one block; `entity`: a whole file, or what lists a directory; `all`: everything below. A span is of the file's
 * bytes, the first and the one after the last, and makes of `entity` those blocks that hold some of them.
 */
export type DagPart =
  | { readonly scope: 'block' }
  | { readonly scope: 'all' }
  | { readonly scope: 'entity'; readonly span: Span | null };

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface WalkedBlock {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
}

/** A block to be visited, and where in the file its bytes begin. */
interface Visit {
  readonly cid: Cid;
  readonly offset: number;
}

/** @throws Problem `unknown_layout` for links that the profile does not have; what `fetchBlock` throws */
export async function* walkDag(
  root: Cid,
  part: DagPart,
  fetchBlock: FetchBlock,
): AsyncGenerator<WalkedBlock> {
  const visits: Visit[] = [{ cid: root, offset: 0 }];
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const bytes = await fetchBlock(visit.cid);
    yield { cid: visit.cid, bytes };
    if (visit.cid.codec === 'dag-pb') visits.push(...below(visit, bytes, part).reverse());
  }
}

/** Bytes of the file whose root this is; null for a directory and what else is no file. */
export function fileSizeOf(cid: Cid, bytes: Uint8Array): number | null {
  return cid.codec === 'raw' ? bytes.length : (decodeNode(bytes)?.size ?? null);
}

function below(visit: Visit, bytes: Uint8Array, part: DagPart): Visit[] {
  if (part.scope === 'all') return allBelow(visit, bytes);
  if (part.scope === 'block') return [];
  const file = decodeNode(bytes);
  return file === null ? shardsBelow(bytes) : fileBelow(file.links, visit.offset, part.span);
}

function allBelow({ cid }: Visit, bytes: Uint8Array): Visit[] {
  return decode(bytes).Links.map(({ Hash: hash }) => {
    const link = fromMultiformats(hash);
    if (link === null) throw new Problem('unknown_layout', { cid: cid.text });
    return { cid: makeCid(link.codec, link.digest), offset: 0 };
  });
}

function shardsBelow(bytes: Uint8Array): Visit[] {
  const node = decodeDirectory(bytes);
  if (node?.type !== 'shard') return [];
  return node.links
    .filter(({ name }) => name.length === PREFIX_CHARACTERS)
    .map(({ cid }) => ({ cid: makeCid(cid.codec, cid.digest), offset: 0 }));
}

function fileBelow(
  links: NonNullable<ReturnType<typeof decodeNode>>['links'],
  start: number,
  span: Span | null,
): Visit[] {
  const visits: Visit[] = [];
  let offset = start;
  for (const { cid, size } of links) {
    const isWanted = span === null || (offset < span.end && offset + size > span.start);
    if (isWanted) visits.push({ cid: makeCid(cid.codec, cid.digest), offset });
    offset += size;
  }
  return visits;
}
