/**
 * The blocks of a content, written before the row of the file that has it: a file of 100 GiB has 100,000 leaves, and one
 * transaction over them all would keep the node's other processes waiting.
 */

import type { HashedContent } from '../content/leaf-list.ts';
import { DIGEST_BYTES, pieceCount } from '../content/profile.ts';
import type { TreeNode } from '../content/tree-builder.ts';
import type { Catalog } from './catalog.ts';

/** Rows a transaction: about 5 ms. */
const ROWS_BATCH = 1024;
/** Contents are dropped when no file, directory or copy has them, this long after they were written: a file may be about to have them. */
const STAGED_MAX_MS = 24 * 3_600_000;
/** Contents a transaction. */
const DROPPED_BATCH = 4;

type BlockTree = Pick<HashedContent, 'cid' | 'size'> & { readonly nodes: readonly TreeNode[] };

/** Writes leaves and nodes of a content of several pieces, unless they are there. Takes several transactions. */
export function stageContent(catalog: Catalog, content: HashedContent, nowMs: number): void {
  if (pieceCount(content.size) === 1) return; // The file's CID is its only block.
  const id = begin(catalog, content, nowMs);
  if (id === null) return;
  const { leaves } = content;
  const leaf = catalog.statement('INSERT INTO leaves VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  inBatches(catalog, leaves.length / DIGEST_BYTES, (piece) => {
    leaf.run(leaves.subarray(piece * DIGEST_BYTES, (piece + 1) * DIGEST_BYTES), id, piece);
  });
  writeNodes(catalog, id, content);
}

/** Writes the nodes of a tree that has no leaves of its own, unless they are there. Takes several transactions. */
export function stageTree(catalog: Catalog, tree: BlockTree, nowMs: number): void {
  const id = begin(catalog, tree, nowMs);
  if (id !== null) writeNodes(catalog, id, tree);
}

function writeNodes(catalog: Catalog, id: bigint, { nodes }: BlockTree): void {
  const insert = catalog.statement(
    'INSERT INTO nodes (cid, content, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  inBatches(catalog, nodes.length, (index) => {
    const node = nodes[index];
    if (node !== undefined) insert.run(node.cid, id, node.bytes);
  });
  catalog.statement('UPDATE contents SET whole = 1 WHERE id = ?').run(id);
}

function inBatches(catalog: Catalog, count: number, write: (index: number) => void): void {
  for (let start = 0; start < count; start += ROWS_BATCH) {
    catalog.transact(() => {
      for (let index = start; index < Math.min(count, start + ROWS_BATCH); index += 1) write(index);
    });
  }
}

/** Drops some contents that no file or directory has, or has any more. Returns whether there may be others. */
export function dropUnusedContents(catalog: Catalog, nowMs: number): boolean {
  const { changes } = catalog
    .statement(
      `DELETE FROM contents WHERE id IN (
         SELECT id FROM contents WHERE staged_ms < ?
         AND NOT EXISTS (SELECT 1 FROM held WHERE held.cid = contents.cid) LIMIT ?)`,
    )
    .run(nowMs - STAGED_MAX_MS, DROPPED_BATCH);
  return Number(changes) === DROPPED_BATCH;
}

/** The content's row; null when it is there whole. */
function begin(catalog: Catalog, content: BlockTree, nowMs: number): bigint | null {
  return catalog.transact(() => {
    const row = catalog
      .statement(
        `INSERT INTO contents (cid, size, whole, staged_ms) VALUES (?, ?, 0, ?)
         ON CONFLICT (cid) DO UPDATE SET staged_ms = excluded.staged_ms RETURNING id, whole`,
      )
      .get(content.cid, content.size, nowMs);
    return row?.whole === 1n ? null : ((row?.id ?? null) as bigint | null);
  });
}
