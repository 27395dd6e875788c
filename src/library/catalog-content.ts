/**
 * The blocks of a content, written before the row of the file that has it: a file of 100 GiB has 100,000 leaves, and one
 * transaction over them all would keep the node's other processes waiting.
 */

import type { HashedContent } from '../content/leaf-list.ts';
import { DIGEST_BYTES, pieceCount } from '../content/profile.ts';
import type { Catalog } from './catalog.ts';

/** Leaves a transaction: about 5 ms. */
const LEAVES_BATCH = 1024;
/** Contents are dropped when no file has them, this long after they were written: a file may be about to have them. */
const STAGED_MAX_MS = 24 * 3_600_000;
/** Contents a transaction. */
const DROPPED_BATCH = 4;

/** Writes leaves and nodes of a content of several pieces, unless they are there. Takes several transactions. */
export function stageContent(catalog: Catalog, content: HashedContent, nowMs: number): void {
  if (pieceCount(content.size) === 1) return; // The file's CID is its only block.
  const id = begin(catalog, content, nowMs);
  if (id === null) return;
  const leaf = catalog.statement('INSERT INTO leaves VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const pieces = content.leaves.length / DIGEST_BYTES;
  for (let start = 0; start < pieces; start += LEAVES_BATCH) {
    catalog.transact(() => {
      for (let piece = start; piece < Math.min(pieces, start + LEAVES_BATCH); piece += 1) {
        leaf.run(content.leaves.subarray(piece * DIGEST_BYTES, (piece + 1) * DIGEST_BYTES), id, piece);
      }
    });
  }
  catalog.transact(() => {
    const node = catalog.statement(
      'INSERT INTO nodes (cid, content, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    for (const { cid, bytes } of content.nodes) node.run(cid, id, bytes);
    catalog.statement('UPDATE contents SET whole = 1 WHERE id = ?').run(id);
  });
}

/** Drops some contents that no file has, or has any more. Returns whether there may be others. */
export function dropUnusedContents(catalog: Catalog, nowMs: number): boolean {
  const { changes } = catalog
    .statement(
      `DELETE FROM contents WHERE id IN (
         SELECT id FROM contents WHERE staged_ms < ?
         AND NOT EXISTS (SELECT 1 FROM files WHERE files.cid = contents.cid) LIMIT ?)`,
    )
    .run(nowMs - STAGED_MAX_MS, DROPPED_BATCH);
  return Number(changes) === DROPPED_BATCH;
}

/** The content's row; null when it is there whole. */
function begin(catalog: Catalog, content: HashedContent, nowMs: number): bigint | null {
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
