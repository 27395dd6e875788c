/** Reads a CAR as any client would, with nothing of ours: lengths and CIDs by multiformats, every block against its hash. */
import assert from 'node:assert/strict';
import { decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { varint } from 'multiformats';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';

export interface ReadCar {
  /** The header's bytes, without their length. */
  readonly header: Buffer;
  readonly blocks: readonly { readonly cid: string; readonly bytes: Uint8Array }[];
}

/** Fails on a CAR that ends inside a block, and on a block that is not what its CID says. */
export async function readCar(car: Uint8Array): Promise<ReadCar> {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < car.length; ) {
    const [length, lengthBytes] = varint.decode(car, at);
    const start = at + lengthBytes;
    assert.ok(start + length <= car.length, 'the CAR is whole');
    parts.push(car.subarray(start, start + length));
    at = start + length;
  }
  const [header, ...sections] = parts;
  assert.ok(header !== undefined, 'a CAR has a header');
  const blocks = sections.map((section) => {
    const [cid, bytes] = CID.decodeFirst(section);
    return { cid, bytes };
  });
  for (const { cid, bytes } of blocks) {
    const { digest } = await sha256.digest(bytes);
    assert.ok(Buffer.from(digest).equals(cid.multihash.digest), cid.toString());
  }
  return {
    header: Buffer.from(header),
    blocks: blocks.map(({ cid, bytes }) => ({ cid: cid.toString(), bytes })),
  };
}

/** The bytes of the file at `path` below `root`, out of the blocks of the CAR alone. Plain directories only. */
export function fileIn({ blocks }: ReadCar, root: string, path: readonly string[] = []): Buffer {
  const known = new Map(blocks.map(({ cid, bytes }) => [cid, bytes]));
  let cid = root;
  for (const name of path) {
    const link = decode(blockIn(known, cid)).Links.find((each) => each.Name === name);
    cid = link?.Hash.toString() ?? assert.fail(`${name} is not there`);
  }
  return bytesBelow(known, cid);
}

function bytesBelow(known: ReadonlyMap<string, Uint8Array>, cid: string): Buffer {
  const block = blockIn(known, cid);
  if (CID.parse(cid).code === 0x55) return Buffer.from(block);
  const { Data: data, Links: links } = decode(block);
  assert.equal(UnixFS.unmarshal(data ?? new Uint8Array()).type, 'file');
  return Buffer.concat(links.map(({ Hash: hash }) => bytesBelow(known, hash.toString())));
}

function blockIn(known: ReadonlyMap<string, Uint8Array>, cid: string): Uint8Array {
  return known.get(cid) ?? assert.fail(`the block ${cid} is not there`);
}
