import assert from 'node:assert/strict';
import { test } from 'node:test';
import { A, C, contact, D, list, settled } from './bench.test-support.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';

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

test('a time-out that came late itself makes nobody suspect; one of the longer wait after it does', () => {
  const bench = settled();
  const health = () => bench.state.members.get('40')?.health;
  bench.now += 2_000;
  bench.timer('probe');
  bench.now += DEFAULT_PARAMETERS.timeoutMinMs + 100;
  bench.fail(D, 'ping');
  assert.equal(health(), 'alive');
  bench.now += DEFAULT_PARAMETERS.probeTimeoutMs + 100;
  bench.fail(D, 'ping');
  assert.equal(health(), 'suspect');
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

test('a node that others cannot reach stands in lists until it has not answered here either', () => {
  const bench = settled();
  bench.ask(A, { type: 'members', digest: '', entries: [{ contact: contact('50'), status: 'suspect' }] });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(contact('20'), contact('50'), A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
  bench.fallSilent(['50'], 30_000);
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a dead member is tried for a day, and then forgotten; by a node alone it is not', () => {
  const parameters = { ...DEFAULT_PARAMETERS, deadRememberedMs: 60_000, revivalMaxMs: 15_000 };
  for (const [silent, remembered] of [
    [['40'], []],
    [
      ['10', '40'],
      ['10', '40'],
    ],
  ] as const) {
    const bench = settled(parameters);
    bench.fallSilent(silent, 40_000);
    assert.ok(silent.every((id) => bench.state.members.get(id)?.health === 'dead'));
    bench.fallSilent(silent, 60_000);
    assert.deepEqual(
      silent.filter((id) => bench.state.members.has(id)),
      remembered,
    );
  }
});

test('however many members are dead, those that live are all told', () => {
  const bench = settled();
  const living = Array.from({ length: 12 }, (_, i) => contact((0x41 + i).toString(16)));
  const dead = Array.from({ length: 60 }, (_, i) => contact((0x81 + i).toString(16)));
  const named = [...living, ...dead].map((other) => ({ contact: other, status: 'alive' as const }));
  bench.ask(A, { type: 'members', digest: '', entries: named });
  bench.fallSilent([], 40_000);
  const silent = dead.map((other) => ({ contact: other, status: 'suspect' as const }));
  bench.ask(A, { type: 'members', digest: '', entries: silent });
  bench.fallSilent(
    dead.map(({ id }) => id),
    60_000,
  );
  const told = bench.ask(A, { type: 'members', digest: '', entries: [] });
  assert.ok(told?.type === 'members' && told.entries.length <= DEFAULT_PARAMETERS.exchangeWholeMax);
  const alive = told.entries.filter(({ status }) => status === 'alive').map(({ contact: { id } }) => id);
  assert.deepEqual(alive.sort(), ['10', '20', '40', ...living.map(({ id }) => id)].sort());
});
