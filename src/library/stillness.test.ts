import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FileStamp } from '../content/hash-message.ts';
import type { Moment } from './moment.ts';
import { Stillness } from './stillness.ts';

const NOW_MS = 1_800_000_000_000;

/** After so long, on clocks that agree but for a jump of the wall clock. */
function at(elapsedMs: number, jumpedMs = 0): Moment {
  return { monotonicMs: NOW_MS + elapsedMs, wallMs: NOW_MS + elapsedMs + jumpedMs };
}

function stamp(changedMs: number, size = 1n): FileStamp {
  const ctimeNs = BigInt(changedMs) * 1_000_000n;
  return { dev: 1n, inode: 7n, size, mtimeNs: ctimeNs, ctimeNs, birthtimeNs: 1n };
}

test('a file that was changed two seconds ago is still, a younger one waits for the rest of them', () => {
  const stillness = new Stillness(2_000);
  assert.equal(stillness.offer('old', stamp(NOW_MS - 2_000), at(0)), 'still');
  assert.equal(stillness.offer('new', stamp(NOW_MS - 500), at(0)), 'waiting');
  assert.equal(stillness.nextDueMs(), NOW_MS + 1_500);
  assert.deepEqual(stillness.takeDue(NOW_MS + 1_499, 10), []);
  assert.deepEqual(stillness.takeDue(NOW_MS + 1_500, 10), ['new']);
  assert.equal(stillness.offer('new', stamp(NOW_MS - 500), at(1_500)), 'still');
});

test('a file that goes on changing waits anew each time', () => {
  const stillness = new Stillness(2_000);
  stillness.offer('log', stamp(NOW_MS), at(0));
  assert.deepEqual(stillness.takeDue(NOW_MS + 2_000, 10), ['log']);
  assert.equal(stillness.offer('log', stamp(NOW_MS + 1_900, 2n), at(2_000)), 'waiting');
  assert.deepEqual(stillness.takeDue(NOW_MS + 3_899, 10), []);
  assert.deepEqual(stillness.takeDue(NOW_MS + 3_900, 10), ['log']);
});

test('a file whose time lies in the future is still when it was seen unchanged for two seconds', () => {
  const stillness = new Stillness(2_000);
  const future = stamp(NOW_MS + 3_600_000);
  assert.equal(stillness.offer('x', future, at(0)), 'waiting');
  assert.deepEqual(stillness.takeDue(NOW_MS + 2_000, 10), ['x']);
  assert.equal(stillness.offer('x', future, at(2_000)), 'still');
});

test('a file that is gone when it is due is forgotten', () => {
  const stillness = new Stillness(2_000);
  stillness.offer('x', stamp(NOW_MS), at(0));
  assert.deepEqual(stillness.takeDue(NOW_MS + 2_000, 10), ['x']);
  assert.deepEqual(stillness.takeDue(NOW_MS + 9_000, 10), []);
  assert.equal(stillness.nextDueMs(), null);
});

test('no more files wait than the bound allows', () => {
  const stillness = new Stillness(2_000, 2);
  assert.equal(stillness.offer('a', stamp(NOW_MS), at(0)), 'waiting');
  assert.equal(stillness.offer('b', stamp(NOW_MS), at(0)), 'waiting');
  assert.equal(stillness.offer('c', stamp(NOW_MS), at(0)), 'refused');
  assert.equal(stillness.offer('a', stamp(NOW_MS + 1), at(1)), 'waiting');
});

test('a clock that is set back keeps no file waiting', () => {
  const stillness = new Stillness(2_000);
  stillness.offer('x', stamp(NOW_MS), at(0));
  assert.deepEqual(stillness.takeDue(at(2_000).monotonicMs, 10), ['x']);
  assert.equal(stillness.offer('x', stamp(NOW_MS), at(2_000, -3_600_000)), 'still');
});
