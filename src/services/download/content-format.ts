/**
 * In which form a client wants what a CID names: the query prevails over `Accept` (Trustless Gateway Specification, "Request
 * Query Parameters"; for CARs "CAR format signaling in Request", IPIP-412).
 */
import { Problem } from '../../problems/problem.ts';
import { type MediaRange, readAccept } from './media-range.ts';

export const RAW = 'application/vnd.ipld.raw';
export const CAR = 'application/vnd.ipld.car';

/** `isNegotiated`: by `Accept`, where the address says nothing of it. */
export type ContentFormat =
  | { readonly type: 'file' }
  | { readonly type: 'raw'; readonly isNegotiated: boolean }
  /** `repeats`: a block that occurs twice is sent twice (`dups=y`). */
  | { readonly type: 'car'; readonly isNegotiated: boolean; readonly repeats: boolean };

export interface FormatQuery {
  readonly format?: string | undefined;
  readonly 'car-version'?: string | undefined;
  readonly 'car-order'?: string | undefined;
  readonly 'car-dups'?: string | undefined;
}

/** What else IPFS gateways give, and this one does not. */
const UNSERVED = [
  'application/x-tar',
  'application/vnd.ipld.dag-json',
  'application/vnd.ipld.dag-cbor',
  'application/vnd.ipfs.ipns-record',
];

/** What a client may say of a CAR, and what is given. Depth first is an unknown order too. */
const CAR_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  version: ['1'],
  order: ['dfs', 'unk', ''],
  dups: ['y', 'n', ''],
};

/** @throws Problem `bad_request`, `not_acceptable` */
export function readFormat(query: FormatQuery, accept: string | undefined): ContentFormat {
  const ranges = accept === undefined ? [] : readAccept(accept);
  const { format } = query;
  if (format === 'raw') return { type: 'raw', isNegotiated: false };
  if (format === 'car') return carOf(query, ranges, false);
  if (format !== undefined)
    throw new Problem('bad_request', { reason: `the format ${format.slice(0, 32)} is not known` });
  for (const range of ranges) {
    if (range.type === RAW) return { type: 'raw', isNegotiated: true };
    if (range.type === CAR && isServed(range)) return carOf(query, ranges, true);
    if (range.type !== CAR && !UNSERVED.includes(range.type)) return { type: 'file' };
  }
  if (ranges.length === 0) return { type: 'file' };
  throw new Problem('not_acceptable', { what: (accept ?? '').slice(0, 256) });
}

/** @param ranges what `Accept` says; the first CAR that is served counts */
function carOf(query: FormatQuery, ranges: readonly MediaRange[], isNegotiated: boolean): ContentFormat {
  for (const [name, served] of Object.entries(CAR_PARAMETERS)) {
    const value = query[`car-${name}` as keyof FormatQuery];
    if (value !== undefined && !served.includes(value))
      throw new Problem('bad_request', { reason: `car-${name} is one of ${served.join(' ').trim()}` });
  }
  const wanted = ranges.filter(({ type }) => type === CAR);
  const range = wanted.find(isServed);
  if (range === undefined && wanted.length > 0) throw new Problem('not_acceptable', { what: CAR });
  const dups = query['car-dups'] ?? range?.parameters.get('dups');
  return { type: 'car', isNegotiated, repeats: dups === 'y' };
}

function isServed({ parameters }: MediaRange): boolean {
  return Object.entries(CAR_PARAMETERS).every(([name, served]) => {
    const value = parameters.get(name);
    return value === undefined || served.includes(value);
  });
}
