/** One page of what stands under a key, from this node's store. */
import { type FetchResponse, Holding, SignedBatch } from '../../../generated/anillo/records/v1/records.ts';
import type { Random } from '../../../ring/effect.ts';
import { asBuffer } from './bundle-writer.ts';
import type { LeaseBook } from './lease-book.ts';
import type { RecordStore, StoredRow } from './record-store.ts';

/** Providers in one answer: a reader needs a few that answer, not all. */
const PROVIDERS_IN_PAGE = 32;
/** Half of what a message may hold. */
const PAGE_BYTES_MAX = 512 * 1024;
const PAGE_ENTRIES_MAX = 1000;

type Page = FetchResponse;

export interface PageSource {
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly random: Random;
}

export interface PageRequest {
  readonly key: Uint8Array;
  /** Slot of the last entry seen; empty on the first page, which alone holds providers. */
  readonly afterSlot: Uint8Array;
  readonly limit: number;
}

export function readPage(source: PageSource, { key, afterSlot, limit }: PageRequest): Page {
  const page = emptyPage();
  const batches = new Map<string, Buffer>();
  const add = (row: StoredRow, remainingMs: number) => {
    page.records.push(asBuffer(row.encoded));
    page.remainingMs.push(BigInt(remainingMs));
    batches.set(asBuffer(row.batch).toString('latin1'), asBuffer(row.batch));
  };
  if (afterSlot.length === 0) page.truncated = addProviders(source, key, add);
  addEntries(source.store, { key, afterSlot, limit }, page, add);
  page.batches = [...batches.values()].map((encoded) => SignedBatch.decode(encoded));
  return page;
}

export function emptyPage(): Page {
  return {
    batches: [],
    records: [],
    nextCursor: Buffer.alloc(0),
    notOwner: false,
    remainingMs: [],
    truncated: false,
    holding: Holding.HOLDING_UNSPECIFIED,
  };
}

function addEntries(
  store: RecordStore,
  { key, afterSlot, limit }: PageRequest,
  page: Page,
  add: (row: StoredRow, remainingMs: number) => void,
): void {
  const most = Math.min(Math.max(1, limit), PAGE_ENTRIES_MAX);
  const rows = store.entries(key, afterSlot, most);
  let bytes = 0;
  for (const row of rows) {
    bytes += row.encoded.length;
    if (bytes > PAGE_BYTES_MAX) return;
    add(row, 0);
    page.nextCursor = Buffer.from(row.slot);
  }
  if (rows.length < most) page.nextCursor = Buffer.alloc(0);
}

/** Providers whose node lives, a random sample where there are many, and those that say they no longer are. True when sampled. */
function addProviders(
  { store, leases, random }: PageSource,
  key: Uint8Array,
  add: (row: StoredRow, remainingMs: number) => void,
): boolean {
  const rows = store.providers(key);
  const withdrawn = rows.filter(({ expires }) => expires !== null);
  const live = rows.filter(({ expires, signer }) => expires === null && leases.remainingMs(signer) > 0);
  for (const row of sample(live, PROVIDERS_IN_PAGE, random)) add(row, leases.remainingMs(row.signer));
  for (const row of sample(withdrawn, PROVIDERS_IN_PAGE, random)) add(row, 0);
  return live.length > PROVIDERS_IN_PAGE;
}

function sample<Item>(items: Item[], most: number, random: Random): Item[] {
  if (items.length <= most) return items;
  for (let index = 0; index < most; index++) {
    const other = index + Math.floor(random() * (items.length - index));
    const [a, b] = [items[index], items[other]];
    if (a !== undefined && b !== undefined) [items[index], items[other]] = [b, a];
  }
  return items.slice(0, most);
}
