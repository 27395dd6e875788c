import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileHasher } from '../content/file-hasher.ts';
import { hashStill } from './hashing.ts';

const stamp = { dev: 1n, inode: 1n, size: 1n, mtimeNs: 1n, ctimeNs: 1n, birthtimeNs: 1n };

test('a file that cannot be read is told, one that is gone is not', async () => {
  const codes = ['EACCES', 'ENOENT', 'EIO'];
  const hasher = {
    hashFiles: async () => codes.map((code) => ({ type: 'failed', code, message: code })),
  } as unknown as FileHasher;
  const told: string[] = [];
  const hashed = await hashStill(
    hasher,
    codes.map((path) => ({ path, disk: path, stamp })),
    {
      at: (disk) => disk,
      onUnreadable: (disk, why) => told.push(`${disk} ${why}`),
      signal: new AbortController().signal,
    },
  );
  assert.deepEqual([hashed, told], [[], ['EACCES EACCES', 'EIO EIO']]);
});
