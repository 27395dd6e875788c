/** What a read of a key gives, before addresses are filled in. */
import type { FoundPublication } from '../dht-api.ts';

export interface FoundProviderRecord {
  readonly cid: string;
  /** 64 hexadecimal digits. */
  readonly node: string;
  readonly complete: boolean;
  /** What is left of the node's lease. */
  readonly remainingMs: number;
}

export interface FoundRecords {
  /** One head for each (path, publisher): its newest version, or the tombstone that withdrew it. Newest first. */
  readonly publications: readonly FoundPublication[];
  /** Older versions, newest first, at most 32 for each (path, publisher). */
  readonly versions: readonly FoundPublication[];
  readonly providers: readonly FoundProviderRecord[];
  readonly replicasAsked: number;
  readonly replicasAgreed: number;
  /** More stands under the key than is given here. */
  readonly truncated: boolean;
}
