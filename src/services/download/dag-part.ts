/** Which part of a DAG a CAR is to hold: `dag-scope` and `entity-bytes` (Trustless Gateway Specification, IPIP-402). */
import type { DagPart, Span } from '../../content/dag-walk.ts';
import { Problem } from '../../problems/problem.ts';

export interface PartQuery {
  readonly 'dag-scope'?: string | undefined;
  readonly 'entity-bytes'?: string | undefined;
}

/** What was asked for, before the size of the file is known. */
export interface AskedPart {
  readonly scope: DagPart['scope'];
  /** Of bytes, both inclusive, from the end when negative; `to` is null for the last byte. */
  readonly bytes: { readonly from: number; readonly to: number | null } | null;
  /** The same for everything that has the same blocks; for tags. */
  readonly text: string;
}

const SCOPES = ['block', 'entity', 'all'] as const;
/** More digits than any file's size has. */
const BYTES = /^(-?\d{1,15}):(-?\d{1,15}|\*)$/;

/** @throws Problem `bad_request` */
export function readPart(query: PartQuery): AskedPart {
  const { 'dag-scope': scope = 'all', 'entity-bytes': bytes } = query;
  const known = SCOPES.find((each) => each === scope);
  if (known === undefined)
    throw new Problem('bad_request', { reason: `dag-scope is one of ${SCOPES.join(', ')}` });
  if (bytes === undefined) return { scope: known, bytes: null, text: known };
  const [, from, to] = BYTES.exec(bytes) ?? [];
  if (from === undefined || to === undefined)
    throw new Problem('bad_request', { reason: 'entity-bytes is FROM:TO, with * for the last byte' });
  const asked = { from: Number(from), to: to === '*' ? null : Number(to) };
  return { scope: 'entity', bytes: asked, text: `entity.${from}:${to}` };
}

/**
 * The part of an entity of `size` bytes, null when it is no file. Nothing but the root for a span without bytes.
 * @throws Problem `bad_request` for a span that begins behind the file
 */
export function partOf(asked: AskedPart, size: number | null): DagPart {
  const { scope, bytes } = asked;
  if (scope !== 'entity') return { scope };
  if (bytes === null || size === null) return { scope, span: null };
  if (bytes.from > 0 && bytes.from >= size)
    throw new Problem('bad_request', { reason: `entity-bytes begins behind the file's ${size} bytes` });
  const span = spanOf(bytes, size);
  return span.start < span.end ? { scope, span } : { scope: 'block' };
}

function spanOf({ from, to }: NonNullable<AskedPart['bytes']>, size: number): Span {
  const start = Math.max(0, from < 0 ? size + from : from);
  const last = to === null ? size - 1 : to < 0 ? size + to : to;
  return { start, end: Math.min(size, last + 1) };
}
