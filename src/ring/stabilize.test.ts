import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, C, contact, D, list, settled } from './bench.test-support.ts';
import type { Contact, RingReply } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';

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
  const [near, next, far] = [contact('14'), contact('16'), contact('18')];
  for (const notifier of [far, next, near]) {
    bench.ask(notifier, { type: 'neighbours', listHash: '', notify: 'settled' });
    bench.reply(notifier, 'ping', { type: 'pong', joined: true });
  }
  const named = (asker: Contact): string | undefined => {
    const reply = bench.ask(asker, { type: 'neighbours', listHash: '', notify: null });
    return reply?.type === 'neighbours' ? reply.candidate?.id : undefined;
  };
  assert.equal(bench.state.predecessor?.id, '18');
  assert.deepEqual([named(contact('11')), named(near), named(next)], ['14', '16', undefined]);
  bench.fallSilent(['14', '16'], 4_000);
  assert.equal(named(contact('11')), undefined);
});

test('who notifies and does not answer is named to nobody, and takes the place of nobody who does', () => {
  const bench = settled({ ...DEFAULT_PARAMETERS, candidatesMax: 2 });
  const near = contact('08');
  bench.ask(near, { type: 'notify', standing: 'settled' });
  bench.reply(near, 'ping', { type: 'pong', joined: true });
  for (const id of ['02', '03', '04', '05', '06'])
    bench.ask(contact(id), { type: 'notify', standing: 'settled' });
  const reply = bench.ask(contact('01'), { type: 'neighbours', listHash: '', notify: null });
  assert.equal(reply?.type === 'neighbours' && reply.candidate?.id, '08');
});

test('where a candidate does not answer the predecessor named with it is asked in the same round', () => {
  const bench = settled();
  const silent = contact('28');
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', { ...list(C, A), candidate: silent } as RingReply);
  bench.fail(silent, 'neighbours');
  bench.reply(C, 'neighbours', list(B, D, A));
  assert.deepEqual(bench.list, ['30', '40', '10']);
});

test('a round that is due begins while one that a hint named is waited for, and whose answer is dropped', () => {
  const bench = settled();
  const [silent, E] = [contact('28'), contact('2c')];
  for (const named of [silent, E]) {
    bench.ask(A, { type: 'members', digest: '', entries: [{ contact: named, status: 'alive' }] });
    assert.notEqual(bench.requested(named, 'neighbours'), undefined);
    bench.timer('stabilize');
    bench.reply(D, 'neighbours', list(B, A));
  }
  bench.timer('stabilize');
  assert.notEqual(bench.requested(D, 'neighbours'), undefined);
  bench.reply(E, 'neighbours', list(B, D, A));
  assert.deepEqual(bench.list, ['40', '10']);
  bench.reply(D, 'neighbours', list(E, A));
  bench.reply(E, 'neighbours', list(B, D, A));
  assert.deepEqual(bench.list, ['2c', '40', '10']);
});

test('an introduction counts when the one that makes it has answered, and few do at a time', () => {
  const bench = settled();
  const [stranger, E] = [contact('50'), contact('28')];
  bench.ask(stranger, { type: 'introduce', contact: E });
  assert.equal(bench.requested(E, 'neighbours'), undefined);
  bench.reply(stranger, 'ping', { type: 'pong', joined: true });
  assert.notEqual(bench.requested(E, 'neighbours'), undefined);
  for (let i = 0; i < 40; i++) bench.ask(A, { type: 'introduce', contact: contact((0x60 + i).toString(16)) });
  const taken = [...bench.state.members.keys()].filter((id) => id >= '60');
  assert.equal(taken.length, 7);
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
