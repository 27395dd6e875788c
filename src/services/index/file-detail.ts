/** One file in full: what the ring says of it, and what this node knows by itself, also while the ring cannot be asked. */
import type { FileDetail } from '../../client/schemas/shared.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import type { Library } from '../../library/library.ts';
import { Problem } from '../../problems/problem.ts';
import type { DhtApi, Found, FoundPublication } from '../dht/dht-api.ts';
import type { IndexOptions } from './index-options.ts';
import { providersOf, publicationsOf, readContent, readName } from './network-search.ts';
import { isSilence } from './silence.ts';

/** Own paths of one content that are told. */
const PATHS_TOLD_MAX = 100;
/** Names of one content whose history is read. */
const NAMES_READ_MAX = 8;
/** A `seq` is a hybrid clock: Unix milliseconds above these bits. */
const CLOCK_COUNTER_BITS = 16n;

type Version = FileDetail['versions'][number];

/** @throws Problem `not_found`, and why the ring could not be asked where this node has nothing of it */
export async function describeFile(options: IndexOptions, cid: string): Promise<FileDetail> {
  const { library, dht } = options;
  const own = library.catalog.filesOf(cid, PATHS_TOLD_MAX);
  const kept = own.flatMap(({ path }) => keptVersions(library, path));
  try {
    return { ...(await fromRing(dht, cid, own[0]?.size)), kept };
  } catch (error) {
    const [first] = own;
    if (first === undefined || !isSilence(error)) throw error;
    return { ...fromCatalog(options, first, own), kept };
  }
}

async function fromRing(dht: DhtApi, cid: string, ownSize: number | undefined): Promise<FileDetail> {
  const found = await readContent(dht, cid);
  const publications = publicationsOf(found).filter((publication) => publication.cid === cid);
  const size = ownSize ?? publications[0]?.size;
  if (size === undefined) throw new Problem('not_found', { what: cid });
  const providers = providersOf(found.providers, cid);
  return {
    cid,
    size,
    publications: publications.map(({ path, publisher, modified, tags, previous }) => ({
      name: path,
      publisher,
      modified,
      tags: [...tags],
      previous,
    })),
    versions: await historyOf(dht, publications),
    partial: false,
    providers,
    copiesWanted: Math.max(0, ...publications.map(({ copies }) => copies)),
    copiesLive: providers.filter(({ state }) => state === 'active').length,
  };
}

function fromCatalog(
  { self, endpoints }: IndexOptions,
  { cid, size }: CatalogFile,
  own: readonly CatalogFile[],
): FileDetail {
  const { id, address } = self();
  const { download } = endpoints();
  const published = own.filter(({ why }) => why === 'own');
  return {
    cid,
    size,
    publications: published.map(({ path, modifiedMs, tags, previous }) => ({
      name: path,
      publisher: id,
      modified: modifiedMs,
      tags: [...tags],
      previous,
    })),
    versions: [],
    partial: true,
    providers: download === null ? [] : [{ id, address, download, state: 'active' }],
    copiesWanted: Math.max(0, ...published.map(({ copies }) => copies)),
    copiesLive: download === null ? 0 : 1,
  };
}

/** What the publishers had under these names before, newest first. A name that cannot be read now has no history here. */
async function historyOf(dht: DhtApi, publications: readonly FoundPublication[]): Promise<Version[]> {
  const names = [...new Set(publications.map(({ path }) => path))].slice(0, NAMES_READ_MAX);
  const read = await Promise.all(names.map((name) => readName(dht, name).catch(() => null)));
  const publishers = new Set(publications.map(slotOf));
  return read
    .filter((found) => found !== null)
    .flatMap(versionsOf)
    .filter(({ slot }) => publishers.has(slot))
    .map(({ version }) => version)
    .sort((a, b) => b.replacedAt - a.replacedAt);
}

function versionsOf(found: Found): { slot: string; version: Version }[] {
  const all = [...found.publications, ...found.versions];
  return found.versions.flatMap((older) => {
    if (older.kind === 'tombstone') return [];
    const later = all.filter((other) => slotOf(other) === slotOf(older) && other.seq > older.seq);
    const replacedAt = Math.min(...later.map(({ seq }) => Number(seq >> CLOCK_COUNTER_BITS)));
    if (!Number.isFinite(replacedAt)) return [];
    return [{ slot: slotOf(older), version: { name: older.path, cid: older.cid, replacedAt } }];
  });
}

function slotOf({ publisher, path }: FoundPublication): string {
  return `${publisher}\0${path}`;
}

function keptVersions(library: Library, path: string): Version[] {
  return library.versions(path).flatMap(({ cid, replacedMs }) => {
    return cid === null ? [] : [{ name: path, cid, replacedAt: replacedMs }];
  });
}
