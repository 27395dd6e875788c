import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BootClock } from './boot-clock.ts';

/** A machine whose clocks are set by hand. */
function machine() {
  const clocks = { monotonic: 5_000, wall: 1_700_000_000_000, uptime: 90_000 };
  const clock = new BootClock({
    monotonicMs: () => clocks.monotonic,
    wallMs: () => clocks.wall,
    uptimeMs: () => Math.floor(clocks.uptime / 10) * 10,
  });
  const pass = (ms: number, ...which: (keyof typeof clocks)[]): void => {
    for (const name of which) clocks[name] += ms;
  };
  return { clock, pass };
}

test('the time for which the machine slept has passed', () => {
  const { clock, pass } = machine();
  const before = clock.now();
  pass(1_234, 'monotonic', 'wall', 'uptime');
  assert.equal(clock.now() - before, 1_234);
  pass(3_600_000, 'wall', 'uptime');
  assert.ok(Math.abs(clock.now() - before - 3_601_234) <= 10);
  pass(60_000, 'wall', 'uptime');
  assert.ok(Math.abs(clock.now() - before - 3_661_234) <= 10);
});

test('setting the wall clock, on or back, moves nothing', () => {
  const { clock, pass } = machine();
  const before = clock.now();
  pass(3_600_000, 'wall');
  assert.equal(clock.now(), before);
  pass(-7_200_000, 'wall');
  pass(10, 'monotonic', 'wall', 'uptime');
  assert.equal(clock.now() - before, 10);
});
