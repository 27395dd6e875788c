import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import { makeNetworkId } from '../../identity/network.ts';
import { Problem } from '../../problems/problem.ts';
import type { Input } from '../../ring/effect.ts';
import type { Contact } from '../../ring/message.ts';
import { SILENT, startTestDht, temporaryFolder, until, untilOneRing } from './dht.test-support.ts';
import { Founding, type FoundingParts } from './founding.ts';

const contact = (digit: string): Contact => ({ id: digit.repeat(64), incarnation: 1, address: `${digit}:1` });
const self = contact('5');

/** A world of peers by address: whether each is a member, or that it does not answer. */
function world(peers: Readonly<Record<string, 'member' | 'waiting'>>, parts: Partial<FoundingParts>) {
  const inputs: Input[] = [];
  const refused: Problem[] = [];
  let rounds = 0;
  const founding = new Founding({
    self,
    join: [],
    hasPortmappers: false,
    remembered: [],
    peers: {
      meet: async (address) => {
        rounds++;
        const digit = address[0] ?? '';
        if (peers[digit] === undefined)
          throw new Problem('unreachable', { what: 'The node', address, hint: '' });
        const { id, incarnation } = contact(digit);
        return { id, incarnation, endpoints: { dht: address } } as unknown as NodeDescriptor;
      },
      isMember: async ({ address }) => peers[address[0] ?? ''] === 'member',
    },
    dispatch: (input) => {
      inputs.push(input);
    },
    onRefused: (problem) => refused.push(problem),
    timing: { roundMs: 5, silenceMs: 0, askTimeoutMs: 100 },
    log: SILENT,
    ...parts,
  });
  /** As many questions as rounds, where one address is known; with no silence to wait for, each may make a ring. */
  const someRounds = () => until('it has asked again and again', () => rounds > 10);
  return { founding, inputs, refused, someRounds };
}

const remembered = (digits: string) =>
  [...digits].map((digit) => ({ contact: contact(digit), status: 'alive' as const }));

test('with nobody given and nobody remembered a ring is made at once', () => {
  const { founding, inputs } = world({}, {});
  founding.begin();
  assert.deepEqual(inputs, [{ type: 'create' }]);
});

test('a remembered member is joined, and no ring is made', async () => {
  const { founding, inputs } = world({ 7: 'member', 8: 'waiting' }, { remembered: remembered('789') });
  founding.begin();
  await until('it joins', () => inputs.length > 0);
  founding.end();
  assert.deepEqual(inputs[0], { type: 'join', seeds: [contact('7')] });
});

test('in a silence of all members the lowest of those that answer makes the ring', async () => {
  const { founding, inputs } = world({ 7: 'waiting', 8: 'waiting' }, { remembered: remembered('1789') });
  founding.begin();
  await until('it makes a ring', () => inputs.length > 0);
  assert.deepEqual(inputs, [{ type: 'create' }]);
});

test('a node above another that answers leaves the ring to it', async () => {
  const { founding, inputs, someRounds } = world(
    { 4: 'waiting', 8: 'waiting' },
    { remembered: remembered('48') },
  );
  founding.begin();
  await someRounds();
  founding.end();
  assert.deepEqual(inputs, []);
});

test('what a portmapper allows is done only when no member is found', async () => {
  const found = world({ 7: 'member' }, { hasPortmappers: true, remembered: remembered('7') });
  found.founding.hear([], true);
  found.founding.begin();
  await until('it joins', () => found.inputs.length > 0);
  found.founding.end();
  assert.equal(
    found.inputs.every(({ type }) => type === 'join'),
    true,
  );

  const alone = world({}, { hasPortmappers: true });
  alone.founding.begin();
  alone.founding.hear([], true);
  await until('it makes a ring', () => alone.inputs.length > 0);
  assert.deepEqual(alone.inputs, [{ type: 'create' }]);
});

test('one that was told whom to join makes no ring, whatever a portmapper says', async () => {
  const { founding, inputs, someRounds } = world({}, { hasPortmappers: true, join: ['9:1'] });
  founding.hear([], true);
  founding.begin();
  await someRounds();
  founding.end();
  assert.deepEqual(inputs, []);
});

test('a node told to join another network stops with other_network and both names', async (t) => {
  const founder = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const networkId = makeNetworkId();
  const stranger = await startTestDht(t, { dataDir: temporaryFolder(t), networkId, join: [founder.address] });
  await until('it stops', () => stranger.problems.length > 0);
  const { networkId: theirs } = await founder.api.status();
  const [problem = assert.fail()] = stranger.problems;
  assert.equal(problem.code, 'other_network');
  assert.deepEqual(problem.details, { address: founder.address, theirs, ours: networkId });
  await untilOneRing([founder]);
});

test('of two processes with one key the older stops when it meets the newer', async (t) => {
  const founder = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const dataDir = temporaryFolder(t);
  const older = await startTestDht(t, { dataDir, join: [founder.address] });
  await untilOneRing([founder, older]);
  const newer = await startTestDht(t, { dataDir, join: [older.address] });
  await until('the older stops', () => older.problems.length > 0);
  assert.equal(older.problems[0]?.code, 'superseded');
  assert.equal(newer.problems.length, 0);
});
