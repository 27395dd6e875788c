/** `anillo.yaml` as values, with the line on which each stands. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Complaint } from '../problems/problem.ts';
import { isReasonCode } from '../problems/reasons.ts';
import type { Layer } from './configuration-layer.ts';

/** A configuration file is small; anything larger is not one. */
const FILE_MAX_BYTES = 1024 * 1024;
/** Aliases may not blow a small file up. */
const ALIASES_MAX = 100;

/** @param complaints what is wrong with the file itself is added here */
export function readFileLayer(file: string, complaints: Complaint[]): Layer {
  const lines = new LineCounter();
  const name = basename(file);
  const document = parseDocument(readText(file, complaints), { lineCounter: lines, prettyErrors: false });
  for (const { code, message, pos } of document.errors) {
    const there = `${name}:${lines.linePos(pos[0]).line}`;
    if (code === 'DUPLICATE_KEY') complaints.push({ where: there, reason: 'config.twice' });
    else complaints.push({ where: there, reason: 'config.yaml', code, message });
  }
  const where = (path: readonly string[]): string => {
    const offset = offsetOf(document.contents, path);
    return offset === null ? name : `${name}:${lines.linePos(offset).line}`;
  };
  if (document.errors.length > 0) return { values: {}, where };
  const values: unknown = document.toJS({ maxAliasCount: ALIASES_MAX }) ?? {};
  if (isMapping(values)) return { values, where };
  complaints.push({ where: `${name}:1`, reason: 'config.no-mapping' });
  return { values: {}, where };
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The usual file in `folder`, or null where there is none. */
export function usualFile(folder: string): string | null {
  const file = `${folder}/anillo.yaml`;
  return existsSync(file) ? file : null;
}

function readText(file: string, complaints: Complaint[]): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > FILE_MAX_BYTES) complaints.push({ where: file, reason: 'config.large' });
    else return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code !== undefined && isReasonCode(code) ? code : 'config.unreadable';
    complaints.push({ where: file, reason });
  }
  return '';
}

/** Offset of the key or entry at `path`, or of the nearest one above it that is there. */
function offsetOf(node: Node | null | undefined, path: readonly string[]): number | null {
  const own = node?.range?.[0] ?? null;
  const [key, ...rest] = path;
  if (key === undefined) return own;
  if (isSeq(node)) return offsetOf(node.items[Number(key)] as Node | undefined, rest) ?? own;
  if (!isMap(node)) return own;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
  if (pair === undefined) return own;
  const keyOffset = (pair.key as Node).range?.[0] ?? own;
  return rest.length === 0 ? keyOffset : (offsetOf(pair.value as Node | null, rest) ?? keyOffset);
}
