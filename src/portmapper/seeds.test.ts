import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { chance } from '../../test/chance.ts';
import { FakeNode } from '../../test/fake-node.ts';
import { openDescriptor } from '../identity/descriptor.ts';
import { makeNetworkId } from '../identity/network.ts';
import { afterLeave, afterSign } from './availability.ts';
import { type KnownNode, Registry } from './registry.ts';
import { SEEDS_MAX, Seeds } from './seeds.ts';

const networkId = makeNetworkId();
let dataDir: string;
let nowMs = 0;
let registry: Registry;
let seeds: Seeds;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-seeds-'));
  nowMs = 0;
  const clock = { monotonicMs: () => nowMs, unixMs: () => Date.now() };
  registry = Registry.open(dataDir, 0, Date.now());
  seeds = new Seeds(registry, clock, chance('seeds'));
});
afterEach(() => {
  registry.close();
  rmSync(dataDir, { recursive: true });
});

function add(joined: boolean, sinceMs = 0): KnownNode {
  const fake = new FakeNode(networkId);
  const signedDescriptor = fake.descriptor();
  const descriptor = openDescriptor(signedDescriptor, 0);
  assert.ok(descriptor);
  const said = { report: { ...fake.report, joined }, sequence: 1, hasLeft: false, lastSeenMs: 0 };
  nowMs += 1_000;
  return registry.add(
    { id: fake.id, descriptor, signedDescriptor, address: 'h:1', ...said },
    afterSign(0),
    sinceMs,
  );
}

test('seeds are active members, never the node itself, its life and its DHT endpoint with them', () => {
  const member = add(true);
  add(false);
  const gone = add(true);
  registry.place(gone, afterLeave(0), 1);
  const newcomer = add(false);
  const { id, descriptor } = member;
  assert.deepEqual(seeds.sampleFor(newcomer), [
    { id, incarnation: descriptor.incarnation, address: descriptor.endpoints.dht },
  ]);
  assert.deepEqual(seeds.sampleFor(member), []);
  assert.equal(seeds.anyBut(member.id), false);
  assert.equal(seeds.anyBut(newcomer.id), true);
});

test('of many members a bounded sample is told, the longest active ones always among them', () => {
  const members = Array.from({ length: 60 }, (_, i) => add(true, 1_000 - i));
  const newcomer = add(false);
  const samples = Array.from({ length: 20 }, () => seeds.sampleFor(newcomer));
  for (const sample of samples) {
    assert.ok(sample.length <= SEEDS_MAX && sample.length > SEEDS_MAX / 2);
    assert.equal(new Set(sample.map(({ id }) => id)).size, sample.length);
    assert.ok(members.slice(-2).every(({ id }) => sample.some((seed) => seed.id === id)));
  }
  const told = new Set(samples.flatMap((sample) => sample.map(({ id }) => id)));
  assert.ok(told.size > SEEDS_MAX, 'chance reaches others too');
  assert.ok(seeds.sampleFor(members[0] as KnownNode).length <= 4, 'a member is told a few');
});
