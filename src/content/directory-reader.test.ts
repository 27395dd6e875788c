import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { encode } from '@ipld/dag-pb';
import fc from 'fast-check';
import { UnixFS } from 'ipfs-unixfs';
import { type Cid, makeCid, toMultiformats } from './cid.ts';
import { type DirectoryLink, decodeDirectory, encodeDirectory, encodeShard } from './directory-node.ts';
import { DirectoryReader } from './directory-reader.ts';
import { hashOfName } from './murmur3.ts';

const LEAF: Pick<Cid, 'codec' | 'digest'> = { codec: 'raw', digest: hash('sha256', 'leaf', 'buffer') };

function link(name: string, cid = LEAF): DirectoryLink {
  return { name, cid, tsize: 4 };
}

function cidOf(bytes: Uint8Array): Cid {
  return makeCid('dag-pb', hash('sha256', bytes, 'buffer'));
}

async function namesIn(root: Uint8Array, ...below: readonly Uint8Array[]): Promise<string[]> {
  const blocks = new Map([root, ...below].map((bytes) => [cidOf(bytes).text, bytes]));
  const names: string[] = [];
  const entries = DirectoryReader.entries(cidOf(root), async (cid) => blocks.get(cid.text) ?? assert.fail());
  for await (const { name } of entries) names.push(name);
  return names;
}

async function refused(root: Uint8Array, ...below: readonly Uint8Array[]): Promise<void> {
  await assert.rejects(namesIn(root, ...below), { code: 'unknown_layout' });
}

function bucketOf(name: string, level = 0): string {
  return (hashOfName(name)[level] ?? 0).toString(16).toUpperCase().padStart(2, '0');
}

function shard(...links: readonly DirectoryLink[]): Uint8Array {
  return encodeShard(
    links,
    links.map(({ name }) => Number.parseInt(name.slice(0, 2), 16)),
  );
}

describe('a directory from elsewhere', () => {
  it('is read in whatever order its links are, with mode and time', async () => {
    const data = new UnixFS({ type: 'directory', mode: 0o700, mtime: { secs: 5n } }).marshal();
    const links = ['b', 'a'].map((Name) => ({ Name, Tsize: 4, Hash: toMultiformats('raw', LEAF.digest) }));
    assert.deepEqual(decodeDirectory(encode({ Data: data, Links: [...links].reverse() }))?.type, 'directory');
    assert.deepEqual(await namesIn(encodeDirectory([link('a'), link('b')])), ['a', 'b']);
  });

  it('with a name that leads elsewhere, is empty or stands twice is refused', async () => {
    for (const name of ['..', '.', '', 'a/b', '/etc/passwd', 'a\0b'])
      await refused(encodeDirectory([link(name)]));
    await refused(encodeDirectory([link('a'), link('a')]));
  });

  it('whose shard puts a name where its hash does not is refused', async () => {
    const right = bucketOf('name');
    const wrong = right === '00' ? '01' : '00';
    assert.deepEqual(await namesIn(shard(link(`${right}name`))), ['name']);
    await refused(shard(link(`${wrong}name`)));
    await refused(shard(link(`${right}..`)));
    await refused(shard(link(`${right.toLowerCase()}x`.padStart(3, 'g'))));
    // The bucket is right in the shard below, and wrong above it.
    const below = shard(link(`${bucketOf('name', 1)}name`));
    assert.deepEqual(await namesIn(shard(link(right, cidOf(below))), below), ['name']);
    await refused(shard(link(wrong, cidOf(below))), below);
  });

  it('whose shard leads to a plain directory, a leaf, or deeper than any hash is refused', async () => {
    const plain = encodeDirectory([link('a')]);
    await refused(shard(link('00', cidOf(plain))), plain);
    await refused(shard(link('00')));
    const deep: Uint8Array[] = [shard(link('00name'))];
    for (let level = 0; level < 20; level += 1) deep.unshift(shard(link('00', cidOf(deep[0] as Uint8Array))));
    const [root, ...below] = deep as [Uint8Array, ...Uint8Array[]];
    await refused(root, ...below);
    const blocks = new Map(deep.map((bytes) => [cidOf(bytes).text, bytes]));
    const found = DirectoryReader.find(cidOf(root), '', async (cid) => blocks.get(cid.text) ?? assert.fail());
    assert.equal(await found.catch(({ code }) => code), 'unknown_layout');
  });

  it('with shards of another width, a file, and garbage are no directories', () => {
    const data = (fanout: bigint) =>
      new UnixFS({
        type: 'hamt-sharded-directory',
        data: Uint8Array.of(1),
        fanout,
        hashType: 0x22n,
      }).marshal();
    const links = [{ Name: '00a', Tsize: 4, Hash: toMultiformats('raw', LEAF.digest) }];
    assert.equal(decodeDirectory(encode({ Data: data(256n), Links: links }))?.type, 'shard');
    assert.equal(decodeDirectory(encode({ Data: data(1024n), Links: links })), null);
    assert.equal(decodeDirectory(encode({ Data: new UnixFS({ type: 'file' }).marshal(), Links: [] })), null);
    assert.equal(decodeDirectory(encode({ Links: [] })), null);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeDirectory(bytes);
      }),
    );
  });
});
