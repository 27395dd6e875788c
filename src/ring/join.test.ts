import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, Bench, C, contact, D, handedOver, joined, list, settled } from './bench.test-support.ts';
import type { Contact, RingReply } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { neighbours } from './state.ts';

test('a joiner takes the list of the member that is its best predecessor, and stabilises at once', () => {
  const bench = new Bench(B);
  bench.feed({ type: 'join', seeds: [A] });
  assert.deepEqual(bench.ask(C, { type: 'neighbours', listHash: '', notify: null }), { type: 'notMember' });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [C, D] });
  assert.deepEqual(bench.list, ['30', '40']);
  assert.equal(bench.state.predecessor?.id, '10');
  assert.notEqual(bench.requested(C, 'neighbours'), undefined);
});

test('a joiner whose place is not between the member and its head begins again', () => {
  const bench = new Bench(D);
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [C] });
  assert.equal(neighbours(bench.state).joined, false);
});

test('a joiner owns nothing until its predecessor, in no doubt itself, points at it', () => {
  const bench = joined();
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  bench.reply(A, 'findOwner', { type: 'redirect', next: [] });
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  assert.equal(settled().ask(C, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a joiner owns nothing until its head has it for a predecessor', () => {
  const bench = joined();
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, 'redirect');
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a joiner whose predecessor found a nearer head meanwhile owns nothing when its own head has it', () => {
  const bench = joined();
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [contact('18'), B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '15' })?.type, 'redirect');
});

test('doubt outlasts a dead predecessor only while the head claims the same keys', () => {
  for (const [bench, answer] of [
    [joined(), 'redirect'],
    [handedOver(), 'owner'],
  ] as const) {
    const end = bench.now + DEFAULT_PARAMETERS.doubtMaxMs;
    while (bench.now < end) bench.timer('doubt');
    assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, answer);
  }
});

test('a joiner goes round one that is silent, though the others name it still', () => {
  const bench = new Bench(D);
  const named = (best: Contact): RingReply => ({ type: 'bestPredecessor', best, successors: [] });
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', named(C));
  bench.fail(C, 'bestPredecessor');
  bench.timer('join');
  assert.equal(bench.requested(C, 'bestPredecessor'), undefined, 'not the silent one');
  bench.reply(A, 'bestPredecessor', named(C));
  assert.deepEqual(bench.sent(A, 'bestPredecessor'), { type: 'bestPredecessor', id: C.id });
  bench.reply(A, 'bestPredecessor', named(B));
  assert.deepEqual(bench.sent(B, 'bestPredecessor'), { type: 'bestPredecessor', id: D.id });
  bench.reply(B, 'bestPredecessor', named(C));
  bench.reply(B, 'bestPredecessor', { type: 'bestPredecessor', best: B, successors: [C, A] });
  assert.deepEqual(
    bench.sent(C, 'bestPredecessor'),
    { type: 'bestPredecessor', id: D.id },
    'a message was lost',
  );
  bench.reply(C, 'bestPredecessor', { type: 'bestPredecessor', best: C, successors: [A] });
  assert.deepEqual([bench.state.phase, bench.state.predecessor?.id], ['member', C.id]);
});
