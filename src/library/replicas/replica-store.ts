/**
 * What a node keeps for others: contents without a place in its shared folder, whole and verified, or not there. Contents on
 * their way in are `partial`: they take room, are not given out, and are gone on with by the next `keep`.
 */

/** Why a node keeps a content that is not its own (contract, "Names and files"). */
export type Reason = 'replica' | 'custody';

/** A content that somebody asks this node to keep. */
export interface WantedContent {
  readonly cid: string;
  /** Bytes, as its publication says. */
  readonly size: number;
  readonly reason: Reason;
  /** The path and media type of the publication for which it is kept: how it is called where it is given out. */
  readonly name: string;
  readonly type: string;
}

/** Has the bytes of the content at `path`, an absolute path whose folder is there, when it resolves; may go on with what it left there. */
export type Bring = (path: string) => Promise<void>;

/** `kept`: from now on, or before already. `own`: the shared folder has it, and nothing was brought. */
export type Keeping = 'kept' | 'own';

/** `bad`: what was there was not the content, or could not be read; it was dropped. */
export type Verdict = 'good' | 'bad' | 'absent';

export interface KeptContent extends WantedContent {
  readonly isWhole: boolean;
}

export interface ReplicaTotals {
  readonly contents: number;
  readonly bytes: number;
}

export interface ReplicaStore {
  /**
   * Makes room, has the content brought, reads it through, and lists it. One at a time for each content: who asks meanwhile
   * waits for the same. When it fails nothing is listed but the part, which `release` drops.
   * @throws Problem `no_space`, `verification_failed` (what was brought is not the content); whatever `bring` throws
   */
  keep(wanted: WantedContent, bring: Bring): Promise<Keeping>;
  /** Drops the copy or the part of one; false when there was none. */
  release(cid: string): Promise<boolean>;
  /** Whole. */
  has(cid: string): boolean;
  /** Reads all of a copy; a bad one is dropped, so that repair can bring it again. */
  verify(cid: string): Promise<Verdict>;
  /** In order of the CIDs, after `afterCid`; parts as well. */
  list(afterCid: string, limit: number): KeptContent[];
  totals(): ReplicaTotals;
  /** Bytes that `keep` may still promise. */
  freeBytes(): number;
}
