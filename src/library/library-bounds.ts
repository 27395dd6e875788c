/** The library's numbers. Each can be set where a `Library` is opened. */

export interface LibraryBounds {
  /** Size and times must have stood still this long before a file is hashed. */
  readonly stillMs: number;
  /** Free space that uploads leave alone: SQLite, logs and the people at the machine need some. */
  readonly reserveBytes: number;
  /** Bytes that may be kept for others. */
  readonly replicasMaxBytes: number;
  /** Replaced files kept under each path. */
  readonly versionsMax: number;
  /** How long replaced files are kept. */
  readonly versionsMaxAgeMs: number;
  /** How long withdrawn files can come back. */
  readonly trashMaxAgeMs: number;
  /** Folders watched one by one; each costs 1.5 KB here and as much in the kernel. */
  readonly watchedFoldersMax: number;
  /** A watcher may miss what a network filesystem does elsewhere: everything is looked through this often. */
  readonly rescanMs: number;
  /** The same where not all can be watched. */
  readonly rescanUnwatchedMs: number;
  /** How often the folder's marker is looked for. */
  readonly markerCheckMs: number;
}

const DAY_MS = 86_400_000;

const BOUNDS_DEFAULT: LibraryBounds = {
  stillMs: 2_000,
  reserveBytes: 512 * 1_048_576,
  replicasMaxBytes: Number.MAX_SAFE_INTEGER,
  versionsMax: 5,
  versionsMaxAgeMs: 30 * DAY_MS,
  trashMaxAgeMs: 30 * DAY_MS,
  watchedFoldersMax: 32_768,
  rescanMs: 15 * 60_000,
  rescanUnwatchedMs: 30_000,
  markerCheckMs: 2_000,
};

/** `given` over the defaults, and nothing else of it: the bounds travel to the index thread. */
export function boundsOf(given: Partial<LibraryBounds>): LibraryBounds {
  const bounds: { -readonly [Name in keyof LibraryBounds]: number } = { ...BOUNDS_DEFAULT };
  for (const name of Object.keys(bounds) as (keyof LibraryBounds)[])
    bounds[name] = given[name] ?? bounds[name];
  return bounds;
}
