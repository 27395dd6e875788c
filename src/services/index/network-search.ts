/**
 * Finds files on the whole network through the DHT: by exact path, by last component, or by CID. Several publishers of
 * one path stand side by side; nothing here chooses between them.
 */
import type { Provider, SearchQuery, SearchResult } from '../../client/schemas/shared.ts';
import { parseCid } from '../../content/cid.ts';
import { Problem } from '../../problems/problem.ts';
import type { DhtApi, Found, FoundProvider, FoundPublication } from '../dht/dht-api.ts';

/** Providers are asked for of this many contents at once. */
const PARALLEL_FINDS = 8;
/** Read of one key: above the 500 entries at which a key is split. */
const ENTRIES_MAX = 1000;
const LIMIT_USUAL = 100;

/** Filled while a search runs; true when it has ended. */
export interface SearchTally {
  /** Nodes that were asked for records, counted once for each key. */
  asked: number;
  answered: number;
  /** Members known to be gone without having left. */
  away: number;
  truncated: boolean;
}

export function newTally(): SearchTally {
  return { asked: 0, answered: 0, away: 0, truncated: false };
}

/**
 * Yields at most `limit` results, each with its live providers: files of exactly the path asked for come first, and are
 * the last to be cut. Where the key of the path could not be read, `tally.truncated` says that such may be missing.
 * @throws Problem when no key could be read: `not_ready`, `deadline`, `unreachable`
 */
export async function* searchNetwork(
  dht: DhtApi,
  { q, limit = LIMIT_USUAL, exact = false }: SearchQuery,
  tally: SearchTally,
): AsyncGenerator<SearchResult> {
  tally.away = await countAway(dht);
  const cid = exact ? null : cidIn(q);
  const name = q.normalize('NFC');
  const found = await readKeys(
    dht,
    cid === null ? nameKeys(dht, name, exact) : [dht.keyOf('cid', cid)],
    tally,
  );
  const publications = distinct(found.flatMap((answer) => answer.publications)).sort(
    (a, b) => Number(b.path === name) - Number(a.path === name),
  );
  if (publications.length > limit) tally.truncated = true;
  // Under a CID's own key stand its providers too; under a name they have to be asked for.
  const providers = new Map<string, Promise<readonly FoundProvider[]>>();
  if (cid !== null) providers.set(cid, Promise.resolve(found.flatMap((answer) => answer.providers)));
  const wanted = publications.slice(0, limit);
  for (let start = 0; start < wanted.length; start += PARALLEL_FINDS) {
    const batch = wanted.slice(start, start + PARALLEL_FINDS);
    for (const publication of batch) {
      if (!providers.has(publication.cid))
        providers.set(publication.cid, readProviders(dht, publication.cid, tally));
    }
    for (const publication of batch)
      yield resultOf(publication, (await providers.get(publication.cid)) ?? []);
  }
}

/** What stands under the key of one content. */
export function readContent(dht: DhtApi, cid: string): Promise<Found> {
  return dht.find(dht.keyOf('cid', cid), ENTRIES_MAX);
}

/** What stands under the key of one path. */
export function readName(dht: DhtApi, name: string): Promise<Found> {
  return dht.find(dht.keyOf('name', name), ENTRIES_MAX);
}

export function publicationsOf(found: Found): FoundPublication[] {
  return found.publications.filter((publication) => publication.kind === 'publication');
}

export function providersOf(found: readonly FoundProvider[], cid: string): Provider[] {
  return found
    .filter((provider) => provider.complete && provider.cid === cid)
    .map(({ id, address, download, state }) => ({ id, address, download, state }));
}

function cidIn(query: string): string | null {
  try {
    return parseCid(query).text;
  } catch {
    return null;
  }
}

/** A path of one component stands under its name; as the last of a longer one, under its base. */
function nameKeys(dht: DhtApi, name: string, exact: boolean): string[] {
  const key = dht.keyOf('name', name);
  return exact || name.includes('/') ? [key] : [key, dht.keyOf('base', name)];
}

async function readKeys(dht: DhtApi, keys: readonly string[], tally: SearchTally): Promise<Found[]> {
  const reads = await Promise.allSettled(keys.map((key) => dht.find(key, ENTRIES_MAX)));
  const found = reads.filter((read) => read.status === 'fulfilled').map((read) => read.value);
  for (const answer of found) count(tally, answer);
  const failed = reads.filter((read) => read.status === 'rejected');
  if (found.length === 0) throw Problem.from(failed[0]?.reason);
  // What stands under the other key is not known.
  if (failed.length > 0) {
    tally.asked += failed.length;
    tally.truncated = true;
  }
  return found;
}

/** Empty when nobody could be asked: the file is known, its holders are not. */
async function readProviders(
  dht: DhtApi,
  cid: string,
  tally: SearchTally,
): Promise<readonly FoundProvider[]> {
  try {
    const found = await readContent(dht, cid);
    count(tally, found);
    return found.providers;
  } catch {
    tally.asked += 1;
    return [];
  }
}

function count(tally: SearchTally, found: Found): void {
  tally.asked += found.replicasAsked;
  tally.answered += found.replicasAgreed;
  tally.truncated ||= found.truncated;
}

/** One for each (path, publisher), by path, newest first. */
function distinct(publications: readonly FoundPublication[]): FoundPublication[] {
  const heads = new Map<string, FoundPublication>();
  for (const publication of publications) {
    const slot = `${publication.publisher}\0${publication.path}`;
    const known = heads.get(slot);
    if (known === undefined || publication.seq > known.seq) heads.set(slot, publication);
  }
  return [...heads.values()]
    .filter((head) => head.kind === 'publication')
    .sort((a, b) =>
      a.path === b.path ? Number(b.seq > a.seq) - Number(b.seq < a.seq) : a.path < b.path ? -1 : 1,
    );
}

function resultOf(publication: FoundPublication, providers: readonly FoundProvider[]): SearchResult {
  const { path, cid, size, type, tags, modified, publisher, seq } = publication;
  return {
    name: path,
    cid,
    size,
    type,
    tags: [...tags],
    modified,
    publisher,
    seq: String(seq),
    providers: providersOf(providers, cid),
  };
}

/** A search goes on without the count where the DHT cannot say it. */
async function countAway(dht: DhtApi): Promise<number> {
  try {
    return (await dht.status()).away;
  } catch {
    return 0;
  }
}
