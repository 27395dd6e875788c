/** Has candidates hashed, and keeps those hashes that are of the file as it was found. */
import type { FileHasher } from '../content/file-hasher.ts';
import { type FileStamp, type HashOutcome, sameStamp } from '../content/hash-message.ts';
import type { HashedContent } from '../content/leaf-list.ts';

export interface Candidate {
  readonly path: string;
  readonly disk: string;
  readonly stamp: FileStamp;
}

/** `content` is null when the file changed while it was hashed. */
export interface Hashed extends Candidate {
  readonly content: HashedContent | null;
}

export interface HashingContext {
  /** Absolute path of what is listed under `disk`. */
  readonly at: (disk: string) => string;
  /** @param why the system's code, or what befell the hasher */
  readonly onUnreadable: (disk: string, why: string) => void;
  readonly signal: AbortSignal;
}

/** Leaves out files that are gone, cannot be read, or were cancelled: the next scan finds them as they are then. */
export async function hashStill(
  hasher: FileHasher,
  candidates: readonly Candidate[],
  { at, onUnreadable, signal }: HashingContext,
): Promise<Hashed[]> {
  let outcomes: HashOutcome[];
  try {
    outcomes = await hasher.hashFiles(
      candidates.map(({ disk }) => at(disk)),
      { signal },
    );
  } catch (error) {
    if (!signal.aborted) for (const { disk } of candidates) onUnreadable(disk, String(error));
    return [];
  }
  return candidates.flatMap((candidate, index) => {
    const outcome = outcomes[index];
    if (outcome?.type === 'hashed') {
      const { before, after } = outcome.file;
      const stood = sameStamp(before, candidate.stamp) && sameStamp(after, before);
      return [{ ...candidate, content: stood ? outcome.file : null }];
    }
    if (outcome?.type === 'failed' && outcome.code !== 'ENOENT' && outcome.code !== 'ENOTDIR') {
      onUnreadable(candidate.disk, outcome.code);
    }
    return [];
  });
}
