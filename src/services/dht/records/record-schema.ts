/**
 * The tables of records, the same for what a node stores for the ring (`records.db`) and for what it asserts itself
 * (`asserted.db`). A record is kept once, appended; where it stands is a row of a hundred bytes, so that digests of a range
 * read little and writes at random places touch few pages.
 */
import type { Migrations } from '../../../storage/database.ts';

export const RECORD_MIGRATIONS: Migrations = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO facts VALUES ('store_id', abs(random()) >> 1), ('lived_ms', 0), ('last_seq', 0);

  CREATE TABLE signers (
    id INTEGER PRIMARY KEY,
    node BLOB NOT NULL UNIQUE,
    placements INTEGER NOT NULL
  ) STRICT;

  -- \`records\`: how many records below belong to the batch.
  CREATE TABLE batches (
    root BLOB PRIMARY KEY,
    records INTEGER NOT NULL,
    encoded BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- \`id\` rises with arrival and is never used again.
  CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tag BLOB NOT NULL,
    root BLOB NOT NULL,
    placements INTEGER NOT NULL,
    encoded BLOB NOT NULL
  ) STRICT;
  CREATE INDEX records_by_tag ON records (tag);

  -- \`expires\`: in milliseconds that this store has lived, null for what has no end of its own.
  CREATE TABLE placements (
    key BLOB NOT NULL,
    slot BLOB NOT NULL,
    seq INTEGER NOT NULL,
    tag BLOB NOT NULL,
    kind INTEGER NOT NULL,
    copies INTEGER NOT NULL,
    signer INTEGER NOT NULL,
    expires INTEGER,
    record INTEGER NOT NULL,
    PRIMARY KEY (key, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX placements_that_expire ON placements (expires) WHERE expires IS NOT NULL;

  CREATE TABLE leases (
    node BLOB PRIMARY KEY,
    remaining_ms INTEGER NOT NULL,
    encoded BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- \`arrival\`: rises with every placement put, and is never used again.
  ALTER TABLE placements ADD COLUMN arrival INTEGER NOT NULL DEFAULT 0;
  UPDATE placements SET arrival = record;
  INSERT INTO facts VALUES ('last_arrival', (SELECT coalesce(max(arrival), 0) FROM placements));

  -- What a node provides (kind 2), in order of key, so that news of it costs no look at others' records.
  CREATE INDEX providers_by_signer ON placements (signer, key, arrival) WHERE kind = 2 AND expires IS NULL;
  `,
  // Of a publication or tombstone under the key of a name; null for all else, and for what was stored before.
  `
  ALTER TABLE placements ADD COLUMN line INTEGER;
  ALTER TABLE placements ADD COLUMN place INTEGER;
  `,
  // Is not read any more.
  `INSERT INTO facts VALUES ('clock_was_ahead', 0);`,
  // By which records of the future are refused; Unix milliseconds.
  `INSERT INTO facts VALUES ('latest_wall_ms', 0);`,
];
