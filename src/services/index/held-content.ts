/**
 * What a content is made of, by this node's own blocks, or else by those of providers, each block checked against its CID: so a
 * node can speak of a file that it does not have.
 */
import { request } from 'undici';
import { type Cid, parseCid } from '../../content/cid.ts';
import { LeafMap } from '../../content/leaf-map.ts';
import { BLOCK_BYTES_MAX } from '../../content/profile.ts';
import { verifyBlock } from '../../content/verify.ts';
import type { Library } from '../../library/library.ts';
import { Problem } from '../../problems/problem.ts';

const BLOCK_TIMEOUT_MS = 5_000;
/** A provider may have to read all of a large file. */
const DIGEST_TIMEOUT_MS = 30_000;
const PROVIDERS_ASKED_MAX = 5;

export interface HeldContent {
  readonly cid: string;
  readonly size: number;
  /** `host:port` of download services of live providers. */
  readonly endpoints: readonly string[];
}

/** SHA-256 of each piece, in order. @throws Problem `unknown_layout`, `no_provider`, `changed`, `suspended` */
export async function* piecesOf(leaves: LeafMap): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < leaves.pieces; piece += 1) yield (await leaves.leaf(piece)).digest;
}

/** The root is read, and so known to be a file of that size. @throws as `piecesOf` */
export function leavesOf(library: Library, { cid, size, endpoints }: HeldContent): Promise<LeafMap> {
  return LeafMap.open(parseCid(cid), size, async (block) => {
    return (await library.readBlock(block.text)) ?? (await fetchBlock(block, endpoints));
  });
}

/** SHA-256 of all bytes: this node's own, or what most of the providers asked say; null when nobody can be believed. */
export async function digestOf(
  library: Library,
  { cid, endpoints }: HeldContent,
): Promise<Uint8Array | null> {
  const [file] = library.catalog.copiesOf(cid, 1);
  const known = library.digests.known(cid);
  if (known !== null) return known;
  if (file !== undefined) return within(DIGEST_TIMEOUT_MS, library.digests.of(file));
  const asked = endpoints.slice(0, PROVIDERS_ASKED_MAX);
  const told = await Promise.all(asked.map((endpoint) => askDigest(cid, endpoint).catch(() => null)));
  return mostTold(told.filter((digest) => digest !== null));
}

/** Null when it takes longer or fails; what goes on is remembered for the next who asks. */
async function within(timeoutMs: number, digest: Promise<Uint8Array>): Promise<Uint8Array | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, null);
  });
  try {
    return await Promise.race([digest.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What more than half of them say: nothing but the bytes themselves could prove it. */
function mostTold(digests: readonly string[]): Uint8Array | null {
  const agreed = digests.find(
    (digest) => digests.filter((other) => other === digest).length * 2 > digests.length,
  );
  return agreed === undefined ? null : Buffer.from(agreed, 'base64');
}

async function askDigest(cid: string, endpoint: string): Promise<string | null> {
  const { headers, body } = await request(`http://${endpoint}/ipfs/${cid}`, {
    method: 'HEAD',
    headers: { 'want-repr-digest': 'sha-256=1' },
    signal: AbortSignal.timeout(DIGEST_TIMEOUT_MS),
  });
  await body.dump();
  return /sha-256=:([A-Za-z0-9+/]{43}=):/.exec(String(headers['repr-digest'] ?? ''))?.[1] ?? null;
}

/** From the first provider that sends what the CID names. @throws Problem `no_provider` */
async function fetchBlock(cid: Cid, endpoints: readonly string[]): Promise<Uint8Array> {
  for (const endpoint of endpoints) {
    const bytes = await readFrom(cid, endpoint).catch(() => null);
    if (bytes !== null && verifyBlock(cid, bytes)) return bytes;
  }
  throw new Problem('no_provider', { what: cid.text });
}

/** Null for an answer that is none, or is longer than any block. */
async function readFrom(cid: Cid, endpoint: string): Promise<Uint8Array | null> {
  const { statusCode, body } = await request(`http://${endpoint}/ipfs/${cid.text}?format=raw`, {
    signal: AbortSignal.timeout(BLOCK_TIMEOUT_MS),
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (statusCode !== 200 || size > BLOCK_BYTES_MAX) {
      body.destroy();
      return null;
    }
    chunks.push(chunk);
  }
  return statusCode === 200 ? Buffer.concat(chunks) : null;
}
