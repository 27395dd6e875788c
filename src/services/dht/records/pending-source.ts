/** What the publisher needs of the catalog: the changes that still have to reach the ring. */

export interface PendingFile {
  readonly path: string;
  readonly cid: string;
  readonly size: number;
  /** Unix milliseconds. */
  readonly modifiedMs: number;
  readonly type: string;
  readonly tags: readonly string[];
  readonly copies: number;
  readonly previous: string | null;
}

export interface PendingChange {
  /** Rises in the order of the changes. */
  readonly id: number;
  /** `provide` and `unprovide` are of a content that is kept for others: its path is `/` and the CID. */
  readonly act: 'publish' | 'withdraw' | 'provide' | 'unprovide';
  readonly file: PendingFile;
  /** For `withdraw` and `unprovide`: nothing else holds the cid any more, so the node stops providing it. */
  readonly lastCopy: boolean;
}

/** A change that the ring will never take. */
export interface RefusedChange {
  readonly id: number;
  readonly reason: string;
}

/** A file as the catalog has it. */
export interface CataloguedFile {
  readonly path: string;
  readonly cid: string;
}

export interface PendingSource {
  /** In rising order of id, from the first or after `afterId`. */
  pending(limit: number, afterId?: number): readonly PendingChange[];
  pendingCount(): number;
  /** The newest change that waits, of `path` where one is given; null when none does. */
  lastPending(path?: string): number | null;
  /** These stand on the ring. */
  settle(ids: readonly number[]): void;
  /** These never will: they wait no more, and are counted until their paths change. */
  refuse(changes: readonly RefusedChange[]): void;
  refusedCount(): number;
  /** What the catalog holds, in order of path, after `afterPath`; what is kept for others under `/` and its CID. */
  files(afterPath: string, limit: number): readonly CataloguedFile[];
  /**
   * Queues these files for the ring again; how many. Not those that have changed since, of whose path a change waits, or that the
   * ring will never take.
   */
  requeue(files: readonly CataloguedFile[]): number;
  /** Changes whenever another process or connection wrote. */
  dataVersion(): number;
}
