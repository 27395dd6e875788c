/**
 * The tables of `catalog.db`. Small files cost one row: a file of one piece is its own block. Larger ones have a row in
 * `contents`, one in `leaves` for each piece (40 bytes a MiB) and one in `nodes` for each inner block.
 */
import type { Migrations } from '../storage/database.ts';

export const CATALOG_FILE = 'catalog.db';

const FIRST = `
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  disk TEXT NOT NULL,            -- as the folder spells it: not always NFC
  cid TEXT NOT NULL,
  dev INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL,
  type TEXT NOT NULL,
  tags TEXT NOT NULL,            -- JSON array
  copies INTEGER NOT NULL,
  previous TEXT,
  why TEXT NOT NULL CHECK (why IN ('own', 'replica', 'custody')),
  incoming TEXT                  -- where under .anillo the bytes stand until their rename is known to be done
) STRICT;
CREATE INDEX files_cid ON files (cid);
CREATE INDEX files_inode ON files (inode);
CREATE INDEX files_incoming ON files (incoming) WHERE incoming IS NOT NULL;

CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  cid TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  whole INTEGER NOT NULL,        -- 1 when all its leaves and nodes are there
  staged_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE leaves (
  digest BLOB NOT NULL,
  content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
  piece INTEGER NOT NULL,        -- the first place where the content has it
  PRIMARY KEY (digest, content)
) STRICT, WITHOUT ROWID;
CREATE INDEX leaves_content ON leaves (content);
CREATE TABLE nodes (
  id INTEGER PRIMARY KEY,
  cid TEXT NOT NULL,
  content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
  bytes BLOB NOT NULL,
  UNIQUE (cid, content)
) STRICT;
CREATE INDEX nodes_content ON nodes (content);

CREATE TABLE pending (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  act TEXT NOT NULL CHECK (act IN ('publish', 'withdraw')),
  path TEXT NOT NULL,
  cid TEXT NOT NULL,
  size INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  tags TEXT NOT NULL,
  copies INTEGER NOT NULL,
  previous TEXT
) STRICT;

CREATE TABLE trash (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  disk TEXT NOT NULL,
  cid TEXT NOT NULL,
  dev INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  type TEXT NOT NULL,
  tags TEXT NOT NULL,
  copies INTEGER NOT NULL,
  deleted_ms INTEGER NOT NULL,
  moved INTEGER NOT NULL         -- 0 while the file may still stand in its old place
) STRICT;
CREATE INDEX trash_path ON trash (path) WHERE moved = 0;
CREATE INDEX trash_deleted ON trash (deleted_ms);

CREATE TABLE versions (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  cid TEXT,                      -- null when the bytes that were replaced had not been hashed
  size INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  replaced_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX versions_path ON versions (path, replaced_ms);

CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE counts (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  pending INTEGER NOT NULL
) STRICT;
INSERT INTO counts VALUES (1, 0, 0, 0);
CREATE TRIGGER files_added AFTER INSERT ON files BEGIN
  UPDATE counts SET files = files + 1, bytes = bytes + new.size;
END;
CREATE TRIGGER files_removed AFTER DELETE ON files BEGIN
  UPDATE counts SET files = files - 1, bytes = bytes - old.size;
END;
CREATE TRIGGER files_resized AFTER UPDATE OF size ON files WHEN new.size <> old.size BEGIN
  UPDATE counts SET bytes = bytes + new.size - old.size;
END;
CREATE TRIGGER pending_added AFTER INSERT ON pending BEGIN UPDATE counts SET pending = pending + 1; END;
CREATE TRIGGER pending_settled AFTER DELETE ON pending BEGIN UPDATE counts SET pending = pending - 1; END;
`;

/** Files of before are hashed when they are next found under another name: their time of birth is not known. */
const BIRTH = 'ALTER TABLE files ADD COLUMN birth_ns INTEGER NOT NULL DEFAULT 0;';

/** What the ring will never take is told until the path changes; changes are looked for by their path. */
const REFUSED = `
CREATE INDEX pending_path ON pending (path);
CREATE TABLE refused (
  path TEXT PRIMARY KEY,
  cid TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER pending_replaces_refused AFTER DELETE ON pending BEGIN
  DELETE FROM refused WHERE path = old.path;
END;
`;

/** A directory is a content without leaves: its blocks are `nodes`. What is published is files and directories. */
const DIRECTORIES = `
CREATE TABLE directories (
  path TEXT PRIMARY KEY,
  cid TEXT NOT NULL,
  size INTEGER NOT NULL,         -- of all files in it
  files INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  tags TEXT NOT NULL,            -- JSON array
  copies INTEGER NOT NULL,
  previous TEXT
) STRICT;
CREATE INDEX directories_cid ON directories (cid);
CREATE VIEW published AS
  SELECT path, cid, size, mtime_ns / 1000000 AS modified_ms, type, tags, copies, previous FROM files
  UNION ALL
  SELECT path, cid, size, modified_ms, 'directory', tags, copies, previous FROM directories;
`;

/**
 * What is kept for others has no place in the shared folder. A change of `pending` whose `kept` is 1 says only that the node
 * provides a content, or no longer; its path is `/` and the CID, which no file of a folder has.
 */
const KEPT = `
CREATE TABLE kept (
  cid TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('replica', 'custody')),
  whole INTEGER NOT NULL,        -- 0 while it is on its way in: partial
  name TEXT NOT NULL,            -- of the publication for which it is kept
  type TEXT NOT NULL,
  dev INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  ctime_ns INTEGER NOT NULL,
  birth_ns INTEGER NOT NULL
) STRICT;
CREATE VIEW held AS SELECT cid FROM published UNION ALL SELECT cid FROM kept WHERE whole = 1;
ALTER TABLE pending ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
`;

/** SHA-256 of the whole content, once somebody asked for it. */
const DIGESTS = 'ALTER TABLE contents ADD COLUMN sha256 BLOB;';

export const CATALOG_MIGRATIONS: Migrations = [FIRST, BIRTH, REFUSED, DIRECTORIES, KEPT, DIGESTS];
