/** Writes to the tables of records. Every method runs inside the caller's transaction, which ends with `flush`. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { VERSIONS_MAX } from '../../../records/heads.ts';
import type { LinePlace } from '../../../records/line.ts';
import { supersedes } from '../../../records/merge.ts';

export interface PlacementRow {
  /** 32 bytes each. */
  readonly key: Uint8Array;
  readonly slot: Uint8Array;
  readonly seq: bigint;
  /** First 8 bytes of the leaf hash. */
  readonly tag: Uint8Array;
  readonly kind: number;
  readonly copies: number;
  /** 64 hexadecimal digits. */
  readonly signer: string;
  /** In milliseconds that the store has lived. */
  readonly expires: number | null;
  /** Among how many versions it counts; null where all are kept. */
  readonly line: LinePlace | null;
  readonly root: Uint8Array;
  /** The encoded record. */
  readonly encoded: Uint8Array;
}

/** `standing`: this very version stood there already. `superseded`: a newer one, or as many newer ones of its line as are kept. */
export type PutOutcome = 'stored' | 'standing' | 'superseded';

interface Standing {
  readonly seq: bigint;
  readonly tag: Uint8Array;
  readonly record: bigint;
  readonly signer: bigint;
  readonly copies: bigint;
  readonly expires: bigint | null;
}

/** What of a placement digests are made of. */
export interface CountedRow {
  readonly key: Uint8Array;
  readonly tag: Uint8Array;
  /** As `signerId` numbers it. */
  readonly signer: number;
  readonly copies: number;
  readonly expires: number | null;
}

/** Told of every placement that comes or goes. */
export interface PlacementListener {
  added(row: CountedRow): void;
  removed(row: CountedRow): void;
}

interface LineEnd {
  readonly slot: Uint8Array;
  readonly seq: bigint;
  readonly place: bigint;
}

export class RecordTable {
  readonly #listener: PlacementListener;
  readonly #statements: Statements;
  readonly #signerIds = new Map<string, number>();
  readonly #signerPlacements = new Map<number, number>();
  readonly #signerDeltas = new Map<number, number>();
  /** In this transaction. */
  readonly #batchesPut = new Set<string>();
  readonly #batchDeltas = new Map<string, number>();
  #lastArrival: bigint;

  constructor(database: DatabaseSync, listener: PlacementListener) {
    this.#listener = listener;
    this.#statements = prepare(database);
    this.#lastArrival = this.#storedArrival();
  }

  /** Number of the last placement that was put; 0 before the first. */
  get lastArrival(): bigint {
    return this.#lastArrival;
  }

  /** Makes the batch known before its records come. @param encoded the encoded SignedBatch */
  putBatch(root: Uint8Array, encoded: Uint8Array): void {
    const name = Buffer.from(root).toString('latin1');
    if (this.#batchesPut.has(name)) return;
    this.#statements.insertBatch.run(root, encoded);
    this.#batchesPut.add(name);
  }

  /** The encoded SignedBatch, or null. */
  batch(root: Uint8Array): Uint8Array | null {
    const row = this.#statements.batch.get(root);
    return row === undefined ? null : (row.encoded as Uint8Array);
  }

  put(row: PlacementRow): PutOutcome {
    const there = this.standing(row.key, row.slot);
    if (there !== null) {
      if (there.seq === row.seq && Buffer.compare(there.tag, row.tag) === 0) return 'standing';
      if (!supersedes(versionOf(row), versionOf(there))) return 'superseded';
      this.#release(row.key, there);
    } else if (!this.#makeRoom(row)) return 'superseded';
    const signer = this.signerId(row.signer);
    const record = this.#hold(row);
    this.#statements.putPlacement.run(
      row.key,
      row.slot,
      row.seq,
      row.tag,
      row.kind,
      row.copies,
      signer,
      row.expires,
      record,
      ++this.#lastArrival,
      row.line?.line ?? null,
      row.line?.place ?? null,
    );
    add(this.#signerDeltas, signer, 1);
    this.#listener.added({ ...row, signer });
    return 'stored';
  }

  /** Takes the placement away; its record too when it stood nowhere else. */
  remove(key: Uint8Array, slot: Uint8Array): boolean {
    const there = this.standing(key, slot);
    if (there === null) return false;
    this.#statements.deletePlacement.run(key, slot);
    this.#release(key, there);
    return true;
  }

  standing(key: Uint8Array, slot: Uint8Array): Standing | null {
    return (this.#statements.standing.get(key, slot) as Standing | undefined) ?? null;
  }

  /** The newest place of a line under a key that is not after `until`; null where there is none. */
  newestPlace(key: Uint8Array, line: bigint, until: bigint): bigint | null {
    return (this.#statements.newestPlace.get(key, line, until)?.place as bigint | null | undefined) ?? null;
  }

  signerId(node: string): number {
    const known = this.#signerIds.get(node);
    if (known !== undefined) return known;
    const bytes = Buffer.from(node, 'hex');
    this.#statements.insertSigner.run(bytes);
    const id = Number(this.#statements.signer.get(bytes)?.id);
    this.#signerIds.set(node, id);
    return id;
  }

  /** Placements of a signer, those of this transaction included. */
  placementsOf(node: string): number {
    const id = this.signerId(node);
    return this.#storedPlacements(id) + (this.#signerDeltas.get(id) ?? 0);
  }

  #storedPlacements(signer: number): number {
    const known = this.#signerPlacements.get(signer);
    if (known !== undefined) return known;
    const stored = Number(this.#statements.signerPlacements.get(signer)?.placements ?? 0);
    this.#signerPlacements.set(signer, stored);
    return stored;
  }

  /** Before the transaction commits. */
  flush(): void {
    for (const [id, delta] of this.#signerDeltas) {
      this.#signerPlacements.set(id, this.#storedPlacements(id) + delta);
      this.#statements.addToSigner.run(delta, id);
    }
    for (const [root, delta] of this.#batchDeltas) {
      const bytes = Buffer.from(root, 'hex');
      this.#statements.addToBatch.run(delta, bytes);
      if (delta < 0) this.#statements.deleteEmptyBatch.run(bytes);
    }
    this.#statements.setArrival.run(this.#lastArrival, this.#lastArrival);
    this.#signerDeltas.clear();
    this.#batchDeltas.clear();
    this.#batchesPut.clear();
  }

  /** After a transaction that was rolled back. */
  forget(): void {
    this.#signerDeltas.clear();
    this.#batchDeltas.clear();
    this.#batchesPut.clear();
    this.#signerIds.clear();
    this.#signerPlacements.clear();
    this.#lastArrival = this.#storedArrival();
  }

  #storedArrival(): bigint {
    return (this.#statements.arrival.get()?.value as bigint | undefined) ?? 0n;
  }

  /** Do as many versions of the row's line stand under its key as are kept? */
  isLineFull({ key, line }: PlacementRow): boolean {
    return line !== null && this.#statements.lineEnds.get(key, line.line) !== undefined;
  }

  /** Takes away the oldest of a full line. False when the row itself is older than all that are kept. */
  #makeRoom({ key, line, seq }: PlacementRow): boolean {
    if (line === null) return true;
    const ends = this.#statements.lineEnds.all(key, line.line) as unknown as LineEnd[];
    const [last] = ends;
    if (last === undefined) return true;
    const isOlder = line.place === last.place ? seq < last.seq : line.place < last.place;
    if (isOlder) return false;
    for (const { slot } of ends) this.remove(key, slot);
    return true;
  }

  #hold(row: PlacementRow): bigint {
    const same = this.#statements.recordsByTag.all(row.tag);
    for (const { id, encoded } of same) {
      if (Buffer.compare(encoded as Uint8Array, row.encoded) !== 0) continue;
      this.#statements.addToRecord.run(1, id as bigint);
      return id as bigint;
    }
    add(this.#batchDeltas, Buffer.from(row.root).toString('hex'), 1);
    return BigInt(this.#statements.insertRecord.run(row.tag, row.root, row.encoded).lastInsertRowid);
  }

  #release(key: Uint8Array, there: Standing): void {
    const signer = Number(there.signer);
    const expires = there.expires === null ? null : Number(there.expires);
    this.#listener.removed({ key, tag: there.tag, signer, copies: Number(there.copies), expires });
    add(this.#signerDeltas, signer, -1);
    const row = this.#statements.addToRecord.get(-1, there.record);
    if (row === undefined || (row.placements as bigint) > 0n) return;
    this.#statements.deleteRecord.run(there.record);
    add(this.#batchDeltas, Buffer.from(row.root as Uint8Array).toString('hex'), -1);
  }
}

function versionOf(row: { seq: bigint; tag: Uint8Array }): { seq: bigint; tag: string } {
  return { seq: row.seq, tag: Buffer.from(row.tag).toString('hex') };
}

function add<Key>(deltas: Map<Key, number>, key: Key, delta: number): void {
  deltas.set(key, (deltas.get(key) ?? 0) + delta);
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => {
    const prepared = database.prepare(sql);
    prepared.setReadBigInts(true);
    return prepared;
  };
  return {
    insertBatch: statement('INSERT INTO batches VALUES (?, 0, ?) ON CONFLICT DO NOTHING'),
    batch: statement('SELECT encoded FROM batches WHERE root = ?'),
    addToBatch: statement('UPDATE batches SET records = records + ? WHERE root = ?'),
    deleteEmptyBatch: statement('DELETE FROM batches WHERE root = ? AND records <= 0'),
    standing: statement(
      'SELECT seq, tag, record, signer, copies, expires FROM placements WHERE key = ? AND slot = ?',
    ),
    putPlacement: statement('INSERT OR REPLACE INTO placements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    arrival: statement("SELECT value FROM facts WHERE name = 'last_arrival'"),
    setArrival: statement("UPDATE facts SET value = ? WHERE name = 'last_arrival' AND value <> ?"),
    lineEnds: statement(
      `SELECT slot, seq, place FROM placements WHERE key = ? AND line = ?
       ORDER BY place DESC, seq DESC, slot DESC LIMIT -1 OFFSET ${VERSIONS_MAX - 1}`,
    ),
    newestPlace: statement(
      'SELECT max(place) AS place FROM placements WHERE key = ? AND line = ? AND place <= ?',
    ),
    deletePlacement: statement('DELETE FROM placements WHERE key = ? AND slot = ?'),
    insertSigner: statement('INSERT INTO signers (node, placements) VALUES (?, 0) ON CONFLICT DO NOTHING'),
    signer: statement('SELECT id FROM signers WHERE node = ?'),
    signerPlacements: statement('SELECT placements FROM signers WHERE id = ?'),
    addToSigner: statement('UPDATE signers SET placements = placements + ? WHERE id = ?'),
    recordsByTag: statement('SELECT id, encoded FROM records WHERE tag = ?'),
    insertRecord: statement('INSERT INTO records (tag, root, placements, encoded) VALUES (?, ?, 1, ?)'),
    addToRecord: statement(
      'UPDATE records SET placements = placements + ? WHERE id = ? RETURNING placements, root',
    ),
    deleteRecord: statement('DELETE FROM records WHERE id = ?'),
  };
}
