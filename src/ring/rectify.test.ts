import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, Bench, C, contact, D, joined, list, settled } from './bench.test-support.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import type { Doubt } from './state.ts';

test('a farther notifier replaces the predecessor only when that one is dead', () => {
  const bench = settled();
  bench.now += 2_000;
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  bench.reply(contact('08'), 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '10');
  bench.fail(A, 'ping');
  bench.timer('suspect:10');
  bench.fail(A, 'ping');
  bench.timer('suspect:10');
  bench.fail(A, 'ping');
  if (bench.requested(D, 'pingVia') !== undefined)
    bench.reply(D, 'pingVia', { type: 'pongVia', answered: false });
  bench.reply(contact('08'), 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '08');
});

test('a farther predecessor in doubt leaves its node in doubt, until one in no doubt points at it', () => {
  for (const standing of ['settled', 'inDoubt'] as const) {
    const bench = settled();
    const far = contact('08');
    bench.now += 2_000;
    bench.ask(far, { type: 'notify', standing });
    bench.reply(far, 'ping', { type: 'pong', joined: true });
    for (const last of [false, false, true]) {
      bench.fail(A, 'ping');
      if (!last) bench.timer('suspect:10');
    }
    if (bench.requested(D, 'pingVia') !== undefined)
      bench.reply(D, 'pingVia', { type: 'pongVia', answered: false });
    bench.reply(far, 'ping', { type: 'pong', joined: true });
    assert.equal(bench.state.predecessor?.id, '08');
    assert.equal(bench.state.doubt !== null, standing === 'inDoubt');
    if (standing === 'settled') continue;
    bench.ask(far, { type: 'notify', standing: 'settled' });
    while (bench.requested(far, 'findOwner') !== undefined)
      bench.reply(far, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
    assert.equal(bench.state.doubt, null);
  }
});

test('of one that waits to be the predecessor its last word counts', () => {
  for (const [first, last] of [
    ['inDoubt', 'settled'],
    ['settled', 'inDoubt'],
  ] as const) {
    const bench = settled();
    const far = contact('08');
    bench.now += 2_000;
    bench.ask(far, { type: 'notify', standing: first });
    bench.ask(far, { type: 'notify', standing: last });
    bench.reply(far, 'ping', { type: 'pong', joined: true });
    for (const isLast of [false, false, true]) {
      bench.fail(A, 'ping');
      if (!isLast) bench.timer('suspect:10');
    }
    if (bench.requested(D, 'pingVia') !== undefined)
      bench.reply(D, 'pingVia', { type: 'pongVia', answered: false });
    bench.reply(far, 'ping', { type: 'pong', joined: true });
    assert.equal(bench.state.predecessor?.id, '08');
    assert.equal(bench.state.doubt !== null, last === 'inDoubt');
  }
});

test('in a ring of two, a node that retreated to the other owns its keys again, whatever that one is in doubt of', () => {
  const between = contact('18');
  const bench = new Bench(B);
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [] });
  bench.reply(A, 'neighbours', list(B, B));
  while (bench.requested(A, 'findOwner') !== undefined)
    bench.reply(A, 'findOwner', { type: 'owner', predecessor: B, successors: [B] });
  assert.equal(bench.state.doubt, null);
  bench.ask(between, { type: 'notify', standing: 'settled' });
  bench.reply(between, 'ping', { type: 'pong', joined: true });
  bench.now += 2_000;
  bench.ask(A, { type: 'notify', standing: 'inDoubt' });
  for (const isLast of [false, false, true]) {
    bench.fail(between, 'ping');
    if (!isLast) bench.timer('suspect:18');
  }
  if (bench.requested(A, 'pingVia') !== undefined)
    bench.reply(A, 'pingVia', { type: 'pongVia', answered: false });
  while (bench.requested(A, 'ping') !== undefined) bench.reply(A, 'ping', { type: 'pong', joined: true });
  assert.deepEqual([bench.state.predecessor?.id, bench.list], ['10', ['10']]);
  assert.equal((bench.state.doubt as Doubt | null)?.cause, 'retreated');
  const end = bench.now + 2 * DEFAULT_PARAMETERS.doubtMaxMs;
  while (bench.now < end && bench.state.doubt !== null) bench.timer('doubt');
  assert.equal(bench.state.doubt, null);
});

test('who notified before the predecessor last spoke does not take its place, for it may have a nearer head by now', () => {
  const bench = settled();
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  bench.ask(A, { type: 'ping' });
  bench.fallSilent(['10'], 10_000);
  assert.equal(bench.state.predecessor?.id, '10');
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  bench.reply(contact('08'), 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '08');
});

test('a nearer notifier replaces the predecessor as soon as it has answered', () => {
  const bench = settled();
  const E = contact('18');
  bench.ask(E, { type: 'notify', standing: 'settled' });
  assert.equal(bench.state.predecessor?.id, '10');
  bench.reply(E, 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '18');
});

test('a notifier that cannot be reached never becomes the predecessor, however often it notifies', () => {
  const bench = settled();
  const E = contact('18');
  for (let round = 0; round < 5; round++) {
    bench.ask(E, { type: 'notify', standing: 'settled' });
    bench.ask(E, { type: 'neighbours', listHash: '', notify: null });
    while (bench.requested(E, 'ping') !== undefined) bench.fail(E, 'ping');
    assert.equal(bench.state.predecessor?.id, '10');
  }
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a leave in the name of a member that has its place changes nothing', () => {
  const bench = settled();
  bench.ask(D, { type: 'leave' });
  bench.reply(D, 'ping', { type: 'pong', joined: true });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a later life of a neighbour that nobody answers for changes nothing', () => {
  const bench = settled();
  const forged = { id: '40', incarnation: Number.MAX_SAFE_INTEGER, address: 'nowhere:9' };
  bench.ask(forged, { type: 'neighbours', listHash: '', notify: null });
  bench.failAt(forged.address, 'ping');
  bench.reply(D, 'ping', { type: 'pong', joined: true });
  assert.deepEqual(bench.list, ['40', '10']);
  assert.equal(bench.ask(D, { type: 'neighbours', listHash: '', notify: null })?.type, 'neighbours');
});

test('a head of which only a later life is named by others is found dead all the same', () => {
  const bench = joined();
  const later = { ...contact('40', 2), address: 'elsewhere:2' };
  bench.ask(A, { type: 'members', digest: '', entries: [{ contact: later, status: 'alive' }] });
  bench.fallSilent(['40'], 20_000);
  assert.deepEqual(bench.list, ['10']);
});
