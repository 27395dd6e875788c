import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Founding, GRANT_MS } from './founding.ts';

test('only the first of those that ask may found', () => {
  const founding = new Founding();
  assert.equal(founding.mayFound('a', 0), true);
  assert.equal(founding.mayFound('b', 1), false);
  assert.equal(founding.mayFound('a', 300), true);
  assert.equal(founding.mayFound('b', GRANT_MS - 1), false);
});

test('a grant that was not used passes to another node that waits', () => {
  const founding = new Founding();
  founding.mayFound('a', 0);
  founding.mayFound('b', GRANT_MS - 100);
  assert.equal(founding.mayFound('a', GRANT_MS), false);
  assert.equal(founding.mayFound('b', GRANT_MS + 100), true);
  assert.equal(founding.mayFound('a', GRANT_MS + 200), false);
});

test('a node that waits alone gets its grant again', () => {
  const founding = new Founding();
  founding.mayFound('a', 0);
  founding.mayFound('b', 1);
  assert.equal(founding.mayFound('a', GRANT_MS + 1), false);
  assert.equal(founding.mayFound('a', 2 * GRANT_MS + 2), true);
});

test('a grant ends when its holder is on the ring or gone', () => {
  const founding = new Founding();
  founding.mayFound('a', 0);
  founding.settle('b');
  assert.equal(founding.mayFound('c', 1), false);
  founding.settle('a');
  assert.equal(founding.mayFound('c', 2), true);
});
