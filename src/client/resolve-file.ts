/** From what a person calls a file to the file with its holders, which a download can fetch. */
import { parseCid } from '../content/cid.ts';
import { Problem } from '../problems/problem.ts';
import {
  type ChosenFile,
  choosePublisher,
  matchName,
  type PublisherChoice,
  plainName,
} from './file-choice.ts';
import type { NetworkView } from './network-view.ts';

/** Hundreds of files may share a last component. */
export const SEARCH_LIMIT = 1000;

/**
 * @param typed a path, a last component, or a CID
 * @throws Problem `not_found`, `name_not_unique`, `name_ambiguous`, `answer_incomplete`
 */
export async function resolveFile(
  view: NetworkView,
  typed: string,
  choice: PublisherChoice,
): Promise<ChosenFile> {
  const cid = cidOf(typed);
  const name = plainName(typed);
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
  return choosePublisher(matchName(name, await view.search(name, SEARCH_LIMIT)), choice);
}

/** The canonical text of a CID, or null when it is none. */
export function cidOf(text: string): string | null {
  try {
    return parseCid(text).text;
  } catch {
    return null;
  }
}
