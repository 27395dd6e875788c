/**
 * Folders that are published as one: their UnixFS directories. The blocks stand with those of the files' contents; what they
 * list are files of this node, which go on having publications of their own.
 */
import { DirectoryBuilder, type DirectoryTree, tsizeOf } from '../content/directory.ts';
import { Problem } from '../problems/problem.ts';
import type { Catalog } from './catalog.ts';
import { stageTree } from './catalog-content.ts';
import { type CatalogRow, type FileSnapshot, snapshotOfRow } from './catalog-file.ts';

/** The type of a directory's publication. */
export const DIRECTORY_TYPE = 'directory';

export interface CatalogDirectory extends FileSnapshot {
  /** Files in it, at whatever depth. */
  readonly files: number;
}

/** What a folder is to list. */
export interface FolderContent {
  /** The folder's path in the shared folder. */
  readonly path: string;
  /** Catalogued files below it, by their paths inside it, each once. */
  readonly files: readonly { readonly path: string; readonly cid: string }[];
  /** Folders below it that may be empty. */
  readonly folders: readonly string[];
}

const COLUMNS = `path, cid, size, files, modified_ms, '${DIRECTORY_TYPE}' AS type, tags, copies, previous`;

export function directoryAt(catalog: Catalog, path: string): CatalogDirectory | null {
  const row = catalog.statement(`SELECT ${COLUMNS} FROM directories WHERE path = ?`).get(path);
  return row === undefined ? null : directoryOfRow(row);
}

export function directoriesOf(catalog: Catalog, cid: string): CatalogDirectory[] {
  const rows = catalog.statement(`SELECT ${COLUMNS} FROM directories WHERE cid = ? ORDER BY path`).all(cid);
  return rows.map(directoryOfRow);
}

/**
 * Builds the directory and writes its blocks, in several transactions.
 * @throws Problem `not_found` for a file that is not catalogued, `changed` for one of other content, `bad_name`
 */
export function stageDirectory(
  catalog: Catalog,
  { path, files, folders }: FolderContent,
  nowMs: number,
): Omit<DirectoryTree, 'nodes'> {
  const builder = new DirectoryBuilder();
  for (const folder of folders) builder.addDirectory(folder);
  for (const { path: inside, cid } of files) {
    const file = catalog.file(`${path}/${inside}`);
    if (file === null) throw new Problem('not_found', { what: `${path}/${inside}` });
    if (file.cid !== cid) throw new Problem('changed', { what: file.path });
    builder.add(inside, cid, file.size, blockBytesOf(catalog, cid, file.size));
  }
  const { nodes, ...tree } = builder.finish();
  stageTree(catalog, { ...tree, nodes }, nowMs);
  return tree;
}

/** Bytes of all blocks of a catalogued file. */
function blockBytesOf(catalog: Catalog, cid: string, size: number): number {
  const root = catalog
    .statement(
      `SELECT nodes.bytes AS bytes FROM nodes JOIN contents ON contents.id = nodes.content
       WHERE nodes.cid = ?1 AND contents.cid = ?1`,
    )
    .get(cid);
  return root === undefined ? size : tsizeOf(root.bytes as Uint8Array);
}

function directoryOfRow(row: CatalogRow): CatalogDirectory {
  return { ...snapshotOfRow(row), files: Number(row.files) };
}
