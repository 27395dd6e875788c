import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, B, Bench, C, contact, D, list, settled } from './bench.test-support.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';

test('a request for another life is refused, and a later life of a neighbour ends the earlier one', () => {
  const bench = settled();
  assert.deepEqual(bench.ask(A, { type: 'ping' }, 7), { type: 'otherIncarnation' });
  bench.ask(contact('40', 2), { type: 'bestPredecessor', id: '40' });
  assert.deepEqual(bench.list, ['40', '10']);
  bench.reply(contact('40', 2), 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['10']);
  assert.deepEqual(bench.ask(D, { type: 'notify', standing: 'settled' }), { type: 'notMember' });
});

test('a later life that was only named ends the earlier one in the list as soon as it answers', () => {
  const bench = settled();
  const later = contact('50', 2);
  bench.ask(later, { type: 'bestPredecessor', id: '50' });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('50'), A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
  bench.now += DEFAULT_PARAMETERS.settleMs;
  bench.timer('probe');
  bench.reply(later, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a node that meets a later life of its own says so once and stops answering', () => {
  const bench = settled();
  bench.ask(contact('20', 5), { type: 'ping' });
  assert.ok(!bench.events.includes('superseded'));
  bench.reply(contact('20', 5), 'ping', { type: 'pong', joined: false });
  bench.ask(contact('20', 5), { type: 'ping' });
  assert.equal(bench.events.filter((type) => type === 'superseded').length, 1);
  assert.deepEqual(bench.ask(C, { type: 'neighbours', listHash: '', notify: null }), { type: 'notMember' });
});

test('a node alone owns every key, in no hops', () => {
  const bench = new Bench(A);
  bench.feed({ type: 'create' });
  assert.equal(bench.ask(B, { type: 'findOwner', key: 'ff' })?.type, 'owner');
});

test('a node silent for longer than its probes allow owns nothing until it is sure again', () => {
  const bench = settled();
  bench.now += 60_000;
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  assert.equal(bench.ask(C, { type: 'neighbours', listHash: '', notify: null })?.type, 'neighbours');
});

test('lists longer than agreed and identifiers of another length are not taken in', () => {
  const bench = settled();
  bench.timer('stabilize');
  const long = Array.from({ length: 33 }, (_, i) => contact((0x50 + i).toString(16)));
  bench.reply(D, 'neighbours', list(B, ...long));
  assert.deepEqual(bench.list, ['40', '10']);
  assert.deepEqual(bench.ask(contact('1234'), { type: 'notify', standing: 'settled' }), {
    type: 'notMember',
  });
  assert.equal(bench.state.predecessor?.id, '10');
});
