/** Where blocks are: leaves in the files themselves, inner nodes and directories in the catalog. */
import { parseCid } from '../content/cid.ts';
import { PIECE_BYTES, pieceLength } from '../content/profile.ts';
import type { Catalog } from './catalog.ts';
import { type CatalogFile, type CatalogRow, FILE_COLUMNS, fileOfRow } from './catalog-file.ts';
import { fileOfKeptRow, KEPT_COLUMNS } from './replicas/kept-rows.ts';

/** Bytes of a block in the shared folder. */
interface BlockPlace {
  readonly offset: number;
  readonly length: number;
  /** The file that holds them, as `openForRead` wants it. */
  readonly file: CatalogFile;
}

/** A leaf is a place in a file, in any of several; an inner node or directory (dag-pb) is kept as bytes. */
type Block =
  | { readonly type: 'places'; readonly places: readonly BlockPlace[] }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array };

/** Places of one block that are looked for: a file that is being edited does not hide the others. */
const PLACES_MAX = 8;

/** Where the block `cid` is, or null when this node does not have it. @throws Problem `bad_cid` */
export function blockOf(catalog: Catalog, cid: string): Block | null {
  const parsed = parseCid(cid);
  if (parsed.codec === 'dag-pb') {
    const row = catalog
      .statement(
        `SELECT nodes.bytes AS bytes FROM nodes JOIN contents ON contents.id = nodes.content
       WHERE nodes.cid = ? AND EXISTS (SELECT 1 FROM held WHERE held.cid = contents.cid) LIMIT 1`,
      )
      .get(parsed.text);
    return row === undefined ? null : { type: 'bytes', bytes: row.bytes as Uint8Array };
  }
  const whole = catalog.copiesOf(parsed.text, PLACES_MAX).map((file) => ({
    file,
    offset: 0,
    length: file.size,
  }));
  const places = [...whole, ...leafPlaces(catalog, parsed.digest, PLACES_MAX - whole.length)];
  return places.length === 0 ? null : { type: 'places', places };
}

/** A leaf may be in several contents, each in several files and kept for others. */
function leafPlaces(catalog: Catalog, digest: Uint8Array, limit: number): BlockPlace[] {
  if (limit <= 0) return [];
  const listed = placesIn(catalog, digest, limit, { table: 'files', columns: FILE_COLUMNS, read: fileOfRow });
  const kept = { table: 'kept', columns: KEPT_COLUMNS, read: fileOfKeptRow };
  return [...listed, ...placesIn(catalog, digest, limit - listed.length, kept)];
}

interface Holding {
  readonly table: string;
  readonly columns: string;
  readonly read: (row: CatalogRow) => CatalogFile;
}

function placesIn(
  catalog: Catalog,
  digest: Uint8Array,
  limit: number,
  { table, columns, read }: Holding,
): BlockPlace[] {
  if (limit <= 0) return [];
  const selected = columns.split(', ').map((column) => `${table}.${column} AS ${column}`);
  const rows = catalog
    .statement(
      `SELECT leaves.piece AS piece, ${selected.join(', ')}
     FROM leaves JOIN contents ON contents.id = leaves.content JOIN ${table} ON ${table}.cid = contents.cid
     WHERE leaves.digest = ? ${table === 'kept' ? 'AND kept.whole = 1' : ''} LIMIT ?`,
    )
    .all(digest, limit) as CatalogRow[];
  return rows.map((row) => {
    const [file, piece] = [read(row), Number(row.piece)];
    return { file, offset: piece * PIECE_BYTES, length: pieceLength(file.size, piece) };
  });
}
