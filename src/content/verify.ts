/** What arrives from others counts only after this: a block against its CID, a node against the profile's bounds. */
import { hash } from 'node:crypto';
import { decode } from '@ipld/dag-pb';
import { type Cid, fromMultiformats } from './cid.ts';
import { BLOCK_BYTES_MAX, LINKS_MAX } from './profile.ts';
import { decodeFileData } from './unixfs-data.ts';

interface NodeLink {
  readonly cid: { readonly codec: Cid['codec']; readonly digest: Uint8Array };
  /** Bytes of the file below this link. */
  readonly size: number;
}

export interface DecodedNode {
  /** Bytes of the file below this node. */
  readonly size: number;
  readonly links: readonly NodeLink[];
}

/** Whether `bytes` are the block that `cid` names. Over-long blocks are refused before they are hashed. */
export function verifyBlock(cid: Cid, bytes: Uint8Array): boolean {
  if (bytes.length > BLOCK_BYTES_MAX) return false;
  return Buffer.compare(hash('sha256', bytes, 'buffer'), cid.digest) === 0;
}

/**
 * Reads a dag-pb block as an inner node of a file: 1 to 1024 nameless links and no bytes of its own, each link with
 * its share of the file. Null for anything else (a directory, a node of a foreign layout, garbage).
 */
export function decodeNode(bytes: Uint8Array): DecodedNode | null {
  if (bytes.length > BLOCK_BYTES_MAX) return null;
  try {
    return readNode(bytes);
  } catch {
    return null; // The decoders throw on every malformed block; whose fault it is, the caller knows.
  }
}

function readNode(bytes: Uint8Array): DecodedNode | null {
  const node = decode(bytes);
  if (node.Data === undefined || node.Links.length < 1 || node.Links.length > LINKS_MAX) return null;
  const sizes = decodeFileData(node.Data);
  if (sizes === null || sizes.length !== node.Links.length) return null;
  const links: NodeLink[] = [];
  let total = 0;
  for (const [index, link] of node.Links.entries()) {
    const cid = fromMultiformats(link.Hash);
    const size = sizes[index] ?? 0;
    if (cid === null || link.Name || size < 1) return null;
    total += size;
    links.push({ cid, size });
  }
  return { size: total, links };
}
