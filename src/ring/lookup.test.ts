import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, C, D, settled } from './bench.test-support.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';

test('a lookup near its deadline suspects nobody who had no time to answer', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '30', deadlineMs: bench.now + 3 });
  bench.now += 3;
  bench.fail(D, 'findOwner');
  assert.equal(bench.state.members.get('40')?.health, 'alive');
});

test('the path of a lookup shows every call, and its hops are those that led to the owner', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  bench.reply(D, 'findOwner', { type: 'redirect', next: [C] });
  bench.fail(C, 'findOwner');
  while (bench.requested(A, 'findOwner') !== undefined) bench.fail(A, 'findOwner');
  bench.timer('lookup:1');
  bench.reply(D, 'findOwner', { type: 'owner', predecessor: B, successors: [A] });
  const [{ path, hops } = assert.fail()] = bench.found;
  const steps = path.map(({ contact: { id }, outcome }) => `${id} ${outcome}`);
  assert.deepEqual([steps[0], steps[1], steps.at(-1)], ['40 abandoned', '30 failed', '40 owner']);
  assert.equal(hops, path.filter(({ outcome }) => outcome === 'redirect' || outcome === 'owner').length);
});

test('a call that is late gets another beside it, and the owner counts whichever comes first', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  assert.notEqual(bench.requested(D, 'findOwner'), undefined);
  const late = bench.requested(A, 'findOwner');
  bench.timer('lookup:1');
  assert.notEqual(bench.requested(A, 'findOwner'), late);
  bench.reply(D, 'findOwner', { type: 'owner', predecessor: B, successors: [A] });
  const [{ outcome, owner, hops } = assert.fail()] = bench.found;
  assert.deepEqual([outcome, owner?.id, hops], ['found', '40', 1]);
});

test('with hedging off one call is waited for until its time is up', () => {
  const bench = settled({ ...DEFAULT_PARAMETERS, lookupCallsMax: 1 });
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  assert.ok((bench.state.timers.get('lookup:1') ?? 0) - bench.now > 4_000);
});

test('a lookup that is redirected to a silent node again and again asks it once in each start, and ends', () => {
  const bench = settled();
  const until = bench.now + 3_000;
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: until });
  let asked = 0;
  while (bench.found.length === 0) {
    if (bench.requested(C, 'findOwner') !== undefined) {
      bench.fail(C, 'findOwner');
      asked++;
    } else if (bench.requested(D, 'findOwner') !== undefined)
      bench.reply(D, 'findOwner', { type: 'redirect', next: [C, A] });
    else if (bench.requested(A, 'findOwner') !== undefined)
      bench.reply(A, 'findOwner', { type: 'redirect', next: [C, D] });
    else bench.timer('lookup:1');
  }
  assert.equal(bench.found[0]?.outcome, 'failed');
  assert.ok(asked <= 8, `${asked} calls to the silent node`);
});

test('a node that refuses a question is not taken for silent', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.refuse(D, 'neighbours');
  assert.equal(bench.state.members.get('40')?.health, 'alive');
});
