/** Where the pieces of a file go, and what may stand there already. */
import type { Problem } from '../problems/problem.ts';
import type { PieceSet } from './piece-set.ts';

/** Where verified pieces go. */
export interface PieceOutput {
  /** The file that the checking thread writes them to; null: they go by `put`. */
  readonly descriptor: number | null;
  readonly journalDescriptor: number | null;
  /** Pieces that may be under way beyond the first one that is missing; null: all. */
  readonly windowPieces: number | null;
  /** Called for each piece that is verified, in any order; kept when its bytes may be reused. */
  put(index: number, bytes: Uint8Array): Promise<void>;
  /** What a refusal of the system means here. */
  problem(code: string): Problem;
}

/** What an earlier run left. */
export type Found =
  | { readonly type: 'nothing' }
  /** These pieces are there, verified. */
  | { readonly type: 'vouched'; readonly pieces: PieceSet }
  /** Something, of which nobody knows what it is, in this file. */
  | { readonly type: 'unknown'; readonly descriptor: number };
