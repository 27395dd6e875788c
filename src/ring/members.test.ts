import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, C, contact, D, settled } from './bench.test-support.ts';

test('a node that others cannot reach is nobody to ask before it has answered', () => {
  const bench = settled();
  bench.ask(A, { type: 'members', digest: '', entries: [{ contact: C, status: 'suspect' }] });
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 1_000 });
  assert.equal(bench.requested(C, 'findOwner'), undefined);
  assert.notEqual(bench.requested(D, 'findOwner'), undefined);
});

test('a member list that differs is told to one who compares, and not to every bringer of news', () => {
  const bench = settled();
  const entries = [{ contact: C, status: 'alive' as const }];
  const told = bench.ask(A, { type: 'members', digest: '', entries });
  assert.deepEqual(told?.type === 'members' ? told.entries : null, []);
  const compared = bench.ask(A, { type: 'members', digest: '', entries: [] });
  assert.ok(compared?.type === 'members' && compared.entries.length > 0);
});

test('a list full of members that never answered has room for one that is met', () => {
  const bench = settled();
  const names = Array.from({ length: 250 }, (_, i) => contact((i + 4).toString(16).padStart(2, '0')));
  const entries = names.map((named) => ({ contact: named, status: 'suspect' as const }));
  bench.ask(A, { type: 'members', digest: '', entries });
  bench.ask(contact('ff'), { type: 'neighbours', listHash: '', notify: null });
  assert.ok(bench.state.members.has('ff'));
});

test('a suspect whose ping fell into a pause of its prober is asked again', () => {
  const bench = settled();
  bench.now += 2_000;
  bench.timer('probe');
  bench.fail(D, 'ping');
  bench.timer('suspect:40');
  assert.notEqual(bench.requested(D, 'ping'), undefined);
  bench.now += 60_000;
  bench.fail(D, 'ping');
  assert.equal(bench.state.members.get('40')?.health, 'suspect');
  assert.ok(bench.state.timers.has('suspect:40') || bench.requested(D, 'ping') !== undefined);
});

test('a suspect that a neighbour can reach is not declared dead', () => {
  const bench = settled();
  bench.fail(D, 'notify');
  bench.timer('suspect:40');
  bench.fail(D, 'ping');
  bench.timer('suspect:40');
  bench.reply(A, 'pingVia', { type: 'pongVia', answered: true });
  bench.fail(D, 'ping');
  assert.deepEqual(bench.list, ['40', '10']);
  assert.ok(!bench.events.includes('dead'));
});
