import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../problems/problem.ts';
import { FileHasher } from './file-hasher.ts';
import { sameStamp } from './hash-message.ts';
import { keystream, keystreamBytes } from './keystream.test-support.ts';
import { LeafList } from './leaf-list.ts';
import { PieceThread } from './piece-thread.ts';
import { StreamHasher } from './stream-hasher.ts';

const MIB = 1_048_576;

let folder: string;
let hasher: FileHasher;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anillo-hasher-'));
  hasher = new FileHasher({ workers: 2 });
});

after(async () => {
  await hasher.close();
  await rm(folder, { recursive: true });
});

async function fileOf(name: string, size: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, keystream(name, size));
  return path;
}

describe('hashing files in threads', () => {
  it('gives the CID, the leaves and the tree of a file of several pieces', async () => {
    // The seed and CID of js-ipfs-unixfs, ipip-499-profiles.spec.ts.
    const file = await hasher.hashFile(await fileOf('chunk-v1-seed', MIB + 1));
    assert.equal(file.cid, 'bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64');
    assert.equal(file.size, MIB + 1);
    assert.equal(file.leaves.length, 64);
    assert.deepEqual(
      file.nodes.map((node) => node.cid),
      [file.cid],
    );
    assert.equal(file.before.size, BigInt(MIB + 1));
    assert.ok(sameStamp(file.before, file.after));
  });

  it('answers for many small files in their order, each with its own end', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `small-${index}`);
    const paths = await Promise.all(names.map((name, index) => fileOf(name, index)));
    paths.splice(75, 0, join(folder, 'absent'));
    const outcomes = await hasher.hashFiles(paths);
    assert.deepEqual(outcomes[75]?.type === 'failed' && outcomes[75].code, 'ENOENT');
    outcomes.splice(75, 1);
    for (const [index, outcome] of outcomes.entries()) {
      const list = new LeafList();
      if (index > 0) list.add(await digestOf(keystreamBytes(`small-${index}`, index)), index);
      assert.equal(outcome.type === 'hashed' && outcome.file.cid, list.finish().cid);
    }
  });

  it('follows no symlink, reads no folder, and does not wait at a pipe', async () => {
    const target = await fileOf('target', 10);
    await symlink(target, join(folder, 'link'));
    execFileSync('/usr/bin/env', ['mkfifo', join(folder, 'pipe')]);
    await assert.rejects(hasher.hashFile(join(folder, 'link')), { code: 'ELOOP' });
    await assert.rejects(hasher.hashFile(folder), { code: 'not_a_file' });
    await assert.rejects(hasher.hashFile(join(folder, 'pipe')), { code: 'not_a_file' });
  });

  it('stops at the signal in the middle of a file, and goes on with other files', async () => {
    const large = await fileOf('large', 64 * MIB);
    const controller = new AbortController();
    const hashing = hasher.hashFiles(
      Array.from({ length: 20 }, () => large),
      { signal: controller.signal },
    );
    const refused = assert.rejects(hashing, /enough/);
    controller.abort(new Error('enough'));
    await refused;
    assert.equal((await hasher.hashFile(await fileOf('hello', 11))).size, 11);
  });

  it('rejects what is under way when it is closed, and everything later', async () => {
    const closing = new FileHasher({ workers: 1 });
    const large = await fileOf('larger', 64 * MIB);
    const hashing = [1, 2, 3].map(() => assert.rejects(closing.hashFile(large), isInterrupted));
    await closing.close();
    await Promise.all(hashing);
    await assert.rejects(closing.hashFile(large), isInterrupted);
    assert.throws(() => closing.openStream(), isInterrupted);
  });
});

describe('hashing a stream', () => {
  it('gives the same CID however the bytes are cut', async () => {
    const content = keystreamBytes('split', 4 * MIB + 321);
    const whole = await hashWhole([content]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2 * MIB }), { maxLength: 12 }), async (lengths) => {
        const chunks: Uint8Array[] = [];
        let offset = 0;
        for (const length of [...lengths, content.length]) {
          chunks.push(content.subarray(offset, offset + length));
          offset += length;
        }
        assert.equal((await hashWhole(chunks)).cid, whole.cid);
      }),
      { numRuns: 15 },
    );
  });

  it('gives the same as hashing the file, for sizes around a piece and many streams at once', async () => {
    const sizes = [
      0,
      1,
      MIB - 1,
      MIB,
      MIB + 1,
      3 * MIB,
      ...Array.from({ length: 12 }, (_, i) => 2 * MIB + i),
    ];
    const streamed = await Promise.all(sizes.map((size) => hashWhole(keystream(`s${size}`, size, 65_536))));
    for (const [index, size] of sizes.entries()) {
      const file = await hasher.hashFile(await fileOf(`s${size}`, size));
      assert.equal(streamed[index]?.cid, file.cid, `${size} bytes`);
      assert.deepEqual(streamed[index]?.leaves, file.leaves);
    }
  });

  it('does not keep the chunk that it was given', async () => {
    const stream = hasher.openStream();
    const chunk = new Uint8Array(2 * MIB).fill(7);
    await stream.write(chunk);
    chunk.fill(9);
    const list = await hashWhole([new Uint8Array(2 * MIB).fill(7)]);
    assert.equal((await stream.finish()).cid, list.cid);
  });

  it('gives its memory back when it is given up, so that the next streams still have it', async () => {
    const thread = new PieceThread();
    for (let round = 0; round < 20; round += 1) {
      const stream = new StreamHasher(thread);
      await stream.write(new Uint8Array(MIB + 5));
      stream.abort();
      await assert.rejects(stream.finish());
    }
    assert.notEqual(thread.takeSlot(), null);
    await thread.close();
  });

  it('fails when the threads are closed under it', async () => {
    const closing = new FileHasher();
    const stream = closing.openStream();
    await closing.close();
    const writing = (async () => {
      for (const chunk of keystream('closed', 4 * MIB)) await stream.write(chunk);
      return stream.finish();
    })();
    await assert.rejects(writing, isInterrupted);
  });
});

async function hashWhole(chunks: Iterable<Uint8Array>) {
  const stream = hasher.openStream();
  for (const chunk of chunks) await stream.write(chunk);
  return stream.finish();
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function isInterrupted(error: unknown): boolean {
  return error instanceof Problem && error.code === 'interrupted';
}
