import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, C, contact, D, list, settled } from './bench.test-support.ts';
import type { Contact, RingReply } from './message.ts';

test('a predecessor that the head names is adopted only when it has answered itself', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(C, A));
  assert.deepEqual(bench.list, ['40', '10']);
  assert.deepEqual(bench.sent(C, 'neighbours'), { type: 'neighbours', listHash: '', notify: 'settled' });
  bench.reply(C, 'neighbours', list(B, D, A));
  assert.deepEqual(bench.list, ['30', '40', '10']);
});

test('a round ends with exactly one notify, to the head that it ends with', () => {
  const bench = settled();
  while (bench.requested(D, 'notify') !== undefined) bench.reply(D, 'notify', { type: 'acknowledged' });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(C, A));
  bench.fail(C, 'neighbours');
  assert.deepEqual(bench.list, ['40', '10']);
  assert.notEqual(bench.requested(D, 'notify'), undefined);
  assert.equal(bench.requested(C, 'notify'), undefined);
});

test('the first that notified lately after the asker is named to it, whoever the predecessor is', () => {
  const bench = settled();
  const [near, far] = [contact('14'), contact('18')];
  for (const notifier of [far, near])
    bench.ask(notifier, { type: 'neighbours', listHash: '', notify: 'settled' });
  const named = (asker: Contact): string | undefined => {
    const reply = bench.ask(asker, { type: 'neighbours', listHash: '', notify: null });
    return reply?.type === 'neighbours' ? reply.candidate?.id : undefined;
  };
  assert.deepEqual([named(contact('11')), named(near), named(far)], ['14', '18', undefined]);
  bench.fallSilent(['14'], 4_000);
  assert.equal(named(contact('11')), undefined);
});

test('a candidate that the head names is asked before its predecessor, and adopted only when it answered', () => {
  const bench = settled();
  const near = contact('28');
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', { ...list(C, A), candidate: near } as RingReply);
  assert.deepEqual(bench.list, ['40', '10']);
  bench.reply(near, 'neighbours', list(B, C, D));
  assert.deepEqual(bench.list, ['28', '30', '40']);
});

test('a candidate known to be dead is passed over for the predecessor', () => {
  const bench = settled();
  const near = contact('28');
  bench.ask(near, { type: 'neighbours', listHash: '', notify: null });
  bench.fallSilent(['28'], 10_000);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', { ...list(C, A), candidate: near } as RingReply);
  assert.equal(bench.requested(near, 'neighbours'), undefined);
  assert.notEqual(bench.requested(C, 'neighbours'), undefined);
});

test('an answer of a head that is no longer the head is dropped', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.ask(D, { type: 'leave' });
  bench.reply(D, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['10']);
  bench.reply(D, 'neighbours', list(B, C));
  assert.deepEqual(bench.list, ['10']);
});

test('a list ends where it would come round to the node itself, and where it is out of order', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('50'), B, contact('60')));
  assert.deepEqual(bench.list, ['40', '50']);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('60'), contact('50'), A));
  assert.deepEqual(bench.list, ['40', '60']);
});

test('a node that had no place when it was met stands in a list that a member tells, until it says again that it has none', () => {
  const E = contact('50');
  const bench = settled();
  bench.ask(E, { type: 'bestPredecessor', id: '50' });
  bench.now += 2_100;
  bench.timer('probe');
  bench.reply(E, 'ping', { type: 'pong', joined: false });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
  bench.reply(E, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a list from which one found dead was left out is asked for whole again, whoever has forgotten it meanwhile', () => {
  const E = contact('50');
  const bench = settled();
  bench.ask(E, { type: 'neighbours', listHash: '', notify: null });
  bench.fallSilent(['50'], 10_000);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '10']);
  bench.state.members.delete('50');
  bench.timer('stabilize');
  assert.equal((bench.sent(D, 'neighbours') as { listHash: string }).listHash, '');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
});
