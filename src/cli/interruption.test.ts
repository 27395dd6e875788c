import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Interruption } from './interruption.ts';

function interrupted(...atMs: number[]): { aborted: boolean; ended: number } {
  let now = 0;
  let ended = 0;
  const interruption = new Interruption(
    () => now,
    () => {
      ended += 1;
    },
  );
  for (const at of atMs) {
    now = at;
    interruption.hear();
  }
  return { aborted: interruption.signal.aborted, ended };
}

test('one Ctrl-C is one wish to stop, however many times the group passes it on', () => {
  assert.deepEqual(interrupted(5_000), { aborted: true, ended: 0 });
  assert.deepEqual(interrupted(5_000, 5_000, 5_002, 5_400), { aborted: true, ended: 0 });
});

test('a second Ctrl-C ends at once', () => {
  assert.deepEqual(interrupted(5_000, 5_001, 7_000), { aborted: true, ended: 1 });
});
