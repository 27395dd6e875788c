import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { encode } from '@ipld/dag-pb';
import fc from 'fast-check';
import { UnixFS } from 'ipfs-unixfs';
import { makeCid, toMultiformats } from './cid.ts';
import { BLOCK_BYTES_MAX, PIECE_BYTES } from './profile.ts';
import { TreeBuilder } from './tree-builder.ts';
import { decodeNode, verifyBlock } from './verify.ts';

const DIGEST = hash('sha256', 'leaf', 'buffer');

function nodeOf(parts: {
  links?: number;
  sizes?: bigint[];
  type?: 'file' | 'directory';
  data?: Uint8Array;
  name?: string;
}) {
  const { links = 2, type = 'file', name = '' } = parts;
  const file = new UnixFS({ type, ...(parts.data && { data: parts.data }) });
  for (const size of parts.sizes ?? Array.from({ length: links }, () => 5n)) file.addBlockSize(size);
  const link = { Name: name, Tsize: 5, Hash: toMultiformats('raw', DIGEST) };
  return encode({ Data: file.marshal(), Links: Array.from({ length: links }, () => link) });
}

describe('a block', () => {
  it('counts only under the hash of exactly its bytes', () => {
    const bytes = Buffer.from('some bytes');
    const cid = makeCid('raw', hash('sha256', bytes, 'buffer'));
    assert.equal(verifyBlock(cid, bytes), true);
    assert.equal(verifyBlock(cid, bytes.subarray(1)), false);
    assert.equal(verifyBlock(cid, Buffer.from('Some bytes')), false);
  });

  it('longer than 2 MiB is refused even under its own hash', () => {
    const bytes = Buffer.alloc(BLOCK_BYTES_MAX + 1);
    assert.equal(verifyBlock(makeCid('raw', hash('sha256', bytes, 'buffer')), bytes), false);
  });
});

describe('a node', () => {
  it('that the builder made is read with its links in order', () => {
    const builder = new TreeBuilder();
    const digests = ['a', 'b', 'c'].map((text) => hash('sha256', text, 'buffer'));
    for (const [index, digest] of digests.entries()) builder.addLeaf(digest, index < 2 ? PIECE_BYTES : 7);
    const node = decodeNode(builder.finish().nodes[0]?.bytes ?? new Uint8Array(0));
    assert.equal(node?.size, 2 * PIECE_BYTES + 7);
    assert.deepEqual(
      node?.links.map((link) => Buffer.from(link.cid.digest)),
      digests,
    );
    assert.deepEqual(
      node?.links.map((link) => link.size),
      [PIECE_BYTES, PIECE_BYTES, 7],
    );
  });

  it('is refused with too many links, none, names, bytes of its own, or sizes that do not belong to its links', () => {
    assert.notEqual(decodeNode(nodeOf({})), null);
    assert.equal(decodeNode(nodeOf({ links: 1025 })), null);
    assert.equal(decodeNode(nodeOf({ links: 0 })), null);
    assert.equal(decodeNode(nodeOf({ name: 'x' })), null);
    assert.equal(decodeNode(nodeOf({ data: Buffer.from('inline') })), null);
    assert.equal(decodeNode(nodeOf({ sizes: [5n] })), null);
    assert.equal(decodeNode(nodeOf({ sizes: [5n, 0n] })), null);
    assert.equal(decodeNode(nodeOf({ sizes: [5n, 2n ** 62n] })), null);
    assert.equal(decodeNode(nodeOf({ type: 'directory' })), null);
  });

  it('that declares another size of the file than its links have is refused', () => {
    const file = new UnixFS({ type: 'file', blockSizes: [5n, 5n] });
    const data = Buffer.from(file.marshal());
    const at = data.indexOf(0x18); // Field 3 of the UnixFS message, filesize, as a varint.
    assert.equal(data[at + 1], 10);
    data[at + 1] = 11;
    const link = { Name: '', Tsize: 5, Hash: toMultiformats('raw', DIGEST) };
    assert.equal(decodeNode(encode({ Data: data, Links: [link, link] })), null);
  });

  it('is never read out of garbage, and garbage never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const node = decodeNode(bytes);
        assert.ok(node === null || node.links.length > 0);
      }),
    );
    const whole = nodeOf({ links: 3 });
    for (let length = 0; length < whole.length; length += 1) {
      const node = decodeNode(whole.subarray(0, length));
      assert.ok(node === null || node.links.length < 3);
    }
  });
});
