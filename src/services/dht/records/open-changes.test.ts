import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenChanges } from './open-changes.ts';
import type { PendingChange } from './pending-source.ts';

function change(id: number, path: string, cid: string): PendingChange {
  const file = { path, cid, size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
  return { id, act: 'publish', file, lastCopy: false };
}

test('a newer change of a path is struck out only after the older ones', () => {
  const open = new OpenChanges();
  open.add([change(1, 'a', 'x'), change(2, 'a', 'y'), change(3, 'b', 'z')]);
  assert.deepEqual(open.arrive([2, 3]), [3]);
  assert.deepEqual(open.arrive([1]), [1, 2]);
  assert.equal(open.size, 0);
});

test('so is one of the same content, and whatever waits for it in turn', () => {
  const open = new OpenChanges();
  open.add([change(1, 'a', 'x'), change(2, 'b', 'x'), change(3, 'b', 'y'), change(4, 'c', 'y')]);
  assert.deepEqual(open.arrive([4, 3, 2]), []);
  assert.deepEqual(open.arrive([1]), [1, 2, 3, 4]);
});

test('what arrives twice, or was never opened, changes nothing', () => {
  const open = new OpenChanges();
  open.add([change(1, 'a', 'x')]);
  assert.deepEqual(open.arrive([1, 9]), [1]);
  assert.deepEqual(open.arrive([1, 9]), []);
});
