/** From what a person calls a file to its bytes on disk. */
import { parseCid } from '../content/cid.ts';
import { Problem } from '../problems/problem.ts';
import { type ChosenFile, choosePublisher, matchName, type PublisherChoice } from './file-choice.ts';
import type { NetworkView } from './network-view.ts';
import type { RateLimit } from './rate-limit.ts';

/** Hundreds of files may share a last component. */
const SEARCH_LIMIT = 1000;

export interface FetchOptions {
  /** Absolute path of the file to be. */
  readonly path: string;
  /** Safe from a loss of power before it is called done. */
  readonly sync: boolean;
  readonly limit: RateLimit | null;
  readonly signal: AbortSignal;
  /** Called with the bytes that are verified and written; what an earlier run left counts as well. */
  onBytes(bytes: number): void;
}

export interface Fetched {
  /** Bytes that an earlier, interrupted run had left. */
  readonly resumedBytes: number;
}

/**
 * @param name a path, a last component, or a CID
 * @throws Problem `not_found`, `name_not_unique`, `name_ambiguous`
 */
export async function resolveFile(
  view: NetworkView,
  name: string,
  choice: PublisherChoice,
): Promise<ChosenFile> {
  const cid = cidOf(name);
  if (cid === null) return resolveName(view, name, choice);
  try {
    const { size, publications, providers } = await view.file(cid);
    return { name: publications[0]?.name ?? cid, cid, size, providers };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    // A file may be called like a CID.
    return resolveName(view, name, choice);
  }
}

async function resolveName(view: NetworkView, name: string, choice: PublisherChoice): Promise<ChosenFile> {
  const { results } = await view.search(name, SEARCH_LIMIT);
  return choosePublisher(matchName(name, results), choice);
}

/** The canonical text of a CID, or null when it is none. */
export function cidOf(text: string): string | null {
  try {
    return parseCid(text).text;
  } catch {
    return null;
  }
}

/** @throws Problem `no_provider`, `verification_failed`, `no_space`, `interrupted` */
export async function fetchFile(file: ChosenFile, options: FetchOptions): Promise<Fetched> {
  if (file.providers.length === 0) throw new Problem('no_provider', { what: file.name });
  const { download } = await import('../transfer/download.ts');
  return download(file, options);
}
