/** From what a person calls a file to the file with its holders, which a download can fetch. */
import { parseCid } from '../content/cid.ts';
import { Problem } from '../problems/problem.ts';
import { type ChosenFile, choosePublisher, matchName, type PublisherChoice } from './file-choice.ts';
import type { NetworkView } from './network-view.ts';

/** Hundreds of files may share a last component. */
const SEARCH_LIMIT = 1000;

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
