/**
 * Bodies of records: UTF-8 JSON, parsed strictly at the door. Every size, count and depth has a bound; unknown fields of a
 * newer minor version are let through within those bounds, and stay under the signature.
 */
import { utf8 } from './bytes.ts';
import type {
  ProviderBody,
  PublicationBody,
  RecordBody,
  RecordKind,
  SplitBody,
  TombstoneBody,
} from './record.ts';

const BODY_MAX_BYTES = 16 * 1024;
const PATH_MAX_BYTES = 4096;
const COMPONENT_MAX_BYTES = 255;
const TAGS_MAX = 64;
const LABELS_MAX = 32;
const TEXT_MAX_BYTES = 255;
const FIELDS_MAX = 32;
const COPIES_MAX = 256;
/** A CIDv1 in base32, as multiformats write it. */
const CID = /^b[a-z2-7]{20,120}$/;
const SHARD = /^[0-9a-f]{0,8}$/;
const DECIMAL = /^[0-9]{1,20}$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

type Fields = Readonly<{ [name: string]: unknown }>;

/** The body, or why it was refused. */
export type ParsedBody = { readonly record: RecordBody } | { readonly refused: string };

export function encodeBody(record: RecordBody): Uint8Array {
  return utf8(JSON.stringify(record.body));
}

export function parseBody(kind: RecordKind, bytes: Uint8Array): ParsedBody {
  if (bytes.length > BODY_MAX_BYTES) return { refused: 'its body is too large' };
  const fields = parseFields(bytes);
  if (fields === null) return { refused: 'its body is not a JSON object' };
  const record = readBody(kind, fields);
  return record === null ? { refused: `its body is not that of a ${kind}` } : { record };
}

function parseFields(bytes: Uint8Array): Fields | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.keys(value).length <= FIELDS_MAX ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function readBody(kind: RecordKind, fields: Fields): RecordBody | null {
  switch (kind) {
    case 'publication':
      return isPublication(fields) ? { kind, body: fields } : null;
    case 'provider':
      return isProvider(fields) ? { kind, body: fields } : null;
    case 'tombstone':
      return isTombstone(fields) ? { kind, body: fields } : null;
    case 'split':
      return isSplit(fields) ? { kind, body: fields } : null;
    case 'term':
      return null;
  }
}

function isPublication(fields: Fields): fields is Fields & PublicationBody {
  return (
    isCid(fields.cid) &&
    isPath(fields.path) &&
    isCount(fields.size, Number.MAX_SAFE_INTEGER) &&
    isText(fields.type) &&
    isCount(fields.modified, Number.MAX_SAFE_INTEGER) &&
    isTexts(fields.tags, TAGS_MAX) &&
    isCount(fields.copies, COPIES_MAX) &&
    isLabels(fields.labels) &&
    (fields.previous === null || isCid(fields.previous))
  );
}

function isProvider(fields: Fields): fields is Fields & ProviderBody {
  const state = fields.state;
  return isCid(fields.cid) && (state === 'complete' || state === 'partial' || state === 'none');
}

function isTombstone(fields: Fields): fields is Fields & TombstoneBody {
  const withdrawn = fields.withdrawn;
  const known = withdrawn === null || (typeof withdrawn === 'string' && DECIMAL.test(withdrawn));
  return isCid(fields.cid) && isPath(fields.path) && known;
}

function isSplit(fields: Fields): fields is Fields & SplitBody {
  const { base, shard } = fields;
  return isComponent(base) && typeof shard === 'string' && SHARD.test(shard);
}

function isCid(value: unknown): value is string {
  return typeof value === 'string' && CID.test(value);
}

/** The contract's rules of names, as far as a receiver can tell: NFC, no way out, no component that is none. */
export function isPath(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || byteLength(value) > PATH_MAX_BYTES) return false;
  return value.normalize('NFC') === value && value.split('/').every(isComponent);
}

function isComponent(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..') return false;
  // A NUL would let two records share a key or a slot.
  return (
    !value.includes('/') &&
    !value.includes('\0') &&
    isWellFormed(value) &&
    byteLength(value) <= COMPONENT_MAX_BYTES
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && isWellFormed(value) && byteLength(value) <= TEXT_MAX_BYTES;
}

function isTexts(value: unknown, most: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= most && value.every(isText);
}

function isLabels(value: unknown): value is Readonly<{ [name: string]: string }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const labels = Object.entries(value);
  return labels.length <= LABELS_MAX && labels.every(([name, label]) => isText(name) && isText(label));
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/** No lone surrogates: they have no UTF-8. */
function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

function byteLength(text: string): number {
  // At most three bytes for each UTF-16 unit: most texts need no encoding to be measured.
  return text.length * 3 <= COMPONENT_MAX_BYTES ? text.length : utf8(text).length;
}
