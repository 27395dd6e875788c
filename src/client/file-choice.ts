/**
 * Which file NAME means: the exact path, else a last component that is unique; of several publishers, the one chosen.
 * One publisher's newest version is all that a search answers with.
 */
import { Problem } from '../problems/problem.ts';
import type { Provider, SearchResult } from './schemas/shared.ts';

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

const CANDIDATES_SHOWN_MAX = 50;

/**
 * The publications that NAME means, all under one path.
 * @throws Problem `not_found`, `name_not_unique`
 */
export function matchName(name: string, results: readonly SearchResult[]): readonly SearchResult[] {
  const wanted = name.normalize('NFC');
  const exact = results.filter((result) => result.name === wanted);
  if (exact.length > 0) return exact;
  const alike = wanted.includes('/') ? [] : results.filter((result) => lastComponent(result.name) === wanted);
  const paths = [...new Set(alike.map((result) => result.name))].sort();
  if (paths.length === 0) throw new Problem('not_found', { what: `"${name}"` });
  if (paths.length > 1) {
    throw new Problem('name_not_unique', { name, candidates: shown(paths.map((path) => `  ${path}`)) });
  }
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
  const lines = newestFirst.map((result) => {
    const modified = new Date(result.modified).toISOString();
    return `  ${result.publisher.slice(0, 12)}  ${modified}  ${result.size} B  ${result.cid}`;
  });
  throw new Problem('name_ambiguous', { name: newest.name, candidates: shown(lines) });
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

function shown(lines: readonly string[]): string {
  const more = lines.length - CANDIDATES_SHOWN_MAX;
  const first = lines.slice(0, CANDIDATES_SHOWN_MAX).join('\n');
  return more > 0 ? `${first}\n  … +${more}` : first;
}
