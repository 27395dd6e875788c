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
  readonly act: 'publish' | 'withdraw';
  readonly file: PendingFile;
  /** For `withdraw`: no other path holds the cid any more, so the node stops providing it. */
  readonly lastCopy: boolean;
}

export interface PendingSource {
  /** In rising order of id, from the first or after `afterId`. */
  pending(limit: number, afterId?: number): readonly PendingChange[];
  pendingCount(): number;
  /** These stand on the ring. */
  settle(ids: readonly number[]): void;
  /** Changes whenever another process or connection wrote. */
  dataVersion(): number;
}
