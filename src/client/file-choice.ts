/**
 * Which file NAME means: the exact path, else a last component that is unique; of several publishers, the one chosen.
 * One publisher's newest version is all that a search answers with.
 */
import { Problem } from '../problems/problem.ts';
import type { Provider, SearchAnswer, SearchResult } from './schemas/shared.ts';

/** What a download needs to know. */
export interface ChosenFile {
  readonly name: string;
  readonly cid: string;
  readonly size: number;
  readonly providers: readonly Provider[];
}

export type PublisherChoice =
  | { readonly type: 'only' }
  | { readonly type: 'newest' }
  /** An id or the beginning of one. */
  | { readonly type: 'publisher'; readonly publisher: string }
  /** Asks a person; null: none of them. */
  | { readonly type: 'ask'; ask(candidates: readonly SearchResult[]): Promise<SearchResult | null> };

/** What is meant by a typed name: `./-x` is the file `-x`, which would look like a flag. No name begins with `./`. */
export function plainName(typed: string): string {
  return typed.startsWith('./') ? typed.slice(2) : typed;
}

/**
 * The publications that NAME means, all under one path.
 * @throws Problem `not_found`, `name_not_unique`; `answer_incomplete` when what is missing of the answer could decide
 */
export function matchName(
  name: string,
  { results, truncated }: Pick<SearchAnswer, 'results' | 'truncated'>,
): readonly SearchResult[] {
  const wanted = name.normalize('NFC');
  const exact = results.filter((result) => result.name === wanted);
  if (exact.length > 0) return exact;
  const alike = wanted.includes('/') ? [] : results.filter((result) => lastComponent(result.name) === wanted);
  const paths = [...new Set(alike.map((result) => result.name))].sort();
  if (paths.length > 1) throw new Problem('name_not_unique', { name, candidates: paths });
  if (truncated) throw new Problem('answer_incomplete', { what: `"${name}"` });
  if (paths.length === 0) throw new Problem('not_found', { what: `"${name}"` });
  return alike;
}

/**
 * One of several publishers' files. The same content from several is no question at all.
 * @throws Problem `name_ambiguous`, `not_found` (no such publisher), `interrupted`
 */
export async function choosePublisher(
  matches: readonly SearchResult[],
  choice: PublisherChoice,
): Promise<ChosenFile> {
  const candidates = choice.type === 'publisher' ? ofPublisher(matches, choice.publisher) : matches;
  const newestFirst = candidates.toSorted((a, b) => (BigInt(b.seq) > BigInt(a.seq) ? 1 : -1));
  const [newest] = newestFirst;
  if (newest === undefined) throw new Problem('not_found', { what: matches[0]?.name ?? '' });
  const contents = new Set(candidates.map((result) => result.cid));
  if (contents.size === 1 || choice.type === 'newest') return withProviders(newest, candidates);
  if (choice.type === 'ask') {
    const answer = await choice.ask(newestFirst);
    if (answer === null) throw new Problem('interrupted');
    return withProviders(answer, candidates);
  }
  const listed = newestFirst.map(({ publisher, modified, size, cid }) => ({
    publisher,
    date: new Date(modified).toISOString(),
    size,
    cid,
  }));
  throw new Problem('name_ambiguous', { name: newest.name, candidates: listed });
}

export function lastComponent(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function ofPublisher(matches: readonly SearchResult[], publisher: string): readonly SearchResult[] {
  const found = matches.filter((result) => result.publisher.startsWith(publisher.toLowerCase()));
  if (found.length > 0) return found;
  throw new Problem('not_found', { what: `"${matches[0]?.name ?? ''}" (${publisher})` });
}

/** Every holder of the content serves, whoever published it. */
function withProviders(chosen: SearchResult, candidates: readonly SearchResult[]): ChosenFile {
  const providers = new Map<string, Provider>();
  for (const { cid, providers: holders } of candidates) {
    if (cid === chosen.cid) for (const holder of holders) providers.set(holder.id, holder);
  }
  const { name, cid, size } = chosen;
  return { name, cid, size, providers: [...providers.values()] };
}
