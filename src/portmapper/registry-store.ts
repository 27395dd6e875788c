/** The registry on disk, `DATA/portmapper.db`: nodes, their transitions, and when the portmapper watched. */
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SignedDescriptor } from '../generated/anillo/ring/v1/ring.ts';
import type { ReportBody } from '../identity/signed-report.ts';
import { openDatabase, transact } from '../storage/database.ts';
import type { NodeState, Transition, WatchSpan } from './availability.ts';

const MIGRATIONS = [
  `CREATE TABLE nodes (
     id TEXT PRIMARY KEY,
     descriptor BLOB NOT NULL,
     descriptor_signature BLOB NOT NULL,
     sequence INTEGER NOT NULL,
     report TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('active', 'suspect', 'inactive')),
     has_left INTEGER NOT NULL,
     last_seen_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE transitions (
     number INTEGER PRIMARY KEY,
     node TEXT NOT NULL REFERENCES nodes(id) ON DELETE CASCADE,
     at_ms INTEGER NOT NULL,
     state TEXT NOT NULL
   ) STRICT;
   CREATE INDEX transitions_of_node ON transitions (node, at_ms);
   CREATE TABLE watch_spans (
     number INTEGER PRIMARY KEY,
     from_ms INTEGER NOT NULL,
     to_ms INTEGER NOT NULL
   ) STRICT;`,
];

export interface StoredNode {
  readonly id: string;
  readonly signedDescriptor: SignedDescriptor;
  readonly sequence: number;
  readonly report: ReportBody;
  readonly state: NodeState;
  readonly hasLeft: boolean;
  /** Unix milliseconds. */
  readonly lastSeenMs: number;
}

export class RegistryStore {
  readonly #database: DatabaseSync;
  readonly #saveNode: StatementSync;
  readonly #addTransition: StatementSync;

  constructor(dataDir: string) {
    this.#database = openDatabase(join(dataDir, 'portmapper.db'), MIGRATIONS, { synchronous: 'normal' });
    this.#saveNode = this.#database.prepare(
      `INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET descriptor = excluded.descriptor,
         descriptor_signature = excluded.descriptor_signature, sequence = excluded.sequence,
         report = excluded.report, state = excluded.state, has_left = excluded.has_left,
         last_seen_ms = excluded.last_seen_ms`,
    );
    this.#addTransition = this.#database.prepare(
      'INSERT INTO transitions (node, at_ms, state) VALUES (?, ?, ?)',
    );
  }

  /** Several writes as one. */
  transact(work: () => void): void {
    transact(this.#database, work);
  }

  nodes(): StoredNode[] {
    return this.#database.prepare('SELECT * FROM nodes').all().map(readNode);
  }

  saveNode(node: StoredNode): void {
    const { descriptor, signature } = node.signedDescriptor;
    const report = JSON.stringify(node.report);
    const { id, sequence, state, hasLeft, lastSeenMs } = node;
    this.#saveNode.run(id, descriptor, signature, sequence, report, state, hasLeft ? 1 : 0, lastSeenMs);
  }

  removeNode(id: string): void {
    this.#database.prepare('DELETE FROM nodes WHERE id = ?').run(id);
  }

  transitions(node: string): Transition[] {
    const rows = this.#database
      .prepare('SELECT at_ms, state FROM transitions WHERE node = ? ORDER BY at_ms, number')
      .all(node);
    return rows.map((row) => ({ atMs: Number(row.at_ms), state: row.state as NodeState }));
  }

  addTransition(node: string, { atMs, state }: Transition): void {
    this.#addTransition.run(node, atMs, state);
  }

  /** Drops what `node` did before `atMs`. */
  trimTransitions(node: string, atMs: number): void {
    this.#database.prepare('DELETE FROM transitions WHERE node = ? AND at_ms < ?').run(node, atMs);
  }

  spans(): (WatchSpan & { readonly number: number })[] {
    const rows = this.#database.prepare('SELECT * FROM watch_spans ORDER BY from_ms, number').all();
    return rows.map((row) => ({
      number: Number(row.number),
      fromMs: Number(row.from_ms),
      toMs: Number(row.to_ms),
    }));
  }

  beginSpan(atMs: number): number {
    const result = this.#database
      .prepare('INSERT INTO watch_spans (from_ms, to_ms) VALUES (?, ?)')
      .run(atMs, atMs);
    return Number(result.lastInsertRowid);
  }

  extendSpan(number: number, toMs: number): void {
    this.#database.prepare('UPDATE watch_spans SET to_ms = ? WHERE number = ?').run(toMs, number);
  }

  trimSpans(beforeMs: number): void {
    this.#database.prepare('DELETE FROM watch_spans WHERE to_ms < ?').run(beforeMs);
  }

  /** The clock was set back: nothing may have happened later than `nowMs`. */
  forgetFuture(nowMs: number): void {
    this.#database.prepare('UPDATE transitions SET at_ms = ?1 WHERE at_ms > ?1').run(nowMs);
    this.#database.prepare('DELETE FROM watch_spans WHERE from_ms >= ?').run(nowMs);
    this.#database.prepare('UPDATE watch_spans SET to_ms = ?1 WHERE to_ms > ?1').run(nowMs);
    this.#database.prepare('UPDATE nodes SET last_seen_ms = ?1 WHERE last_seen_ms > ?1').run(nowMs);
  }

  close(): void {
    this.#database.close();
  }
}

function readNode(row: Record<string, unknown>): StoredNode {
  return {
    id: row.id as string,
    signedDescriptor: {
      descriptor: Buffer.from(row.descriptor as Uint8Array),
      signature: Buffer.from(row.descriptor_signature as Uint8Array),
    },
    sequence: Number(row.sequence),
    report: JSON.parse(row.report as string) as ReportBody,
    state: row.state as NodeState,
    hasLeft: row.has_left === 1,
    lastSeenMs: Number(row.last_seen_ms),
  };
}
