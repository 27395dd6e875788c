import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { chance } from '../../test/chance.ts';
import { FakeNode, toBase64 } from '../../test/fake-node.ts';
import type { SignedReport } from '../client/schemas/portmapper-routes.ts';
import { Descriptor } from '../generated/anillo/ring/v1/ring.ts';
import { makeNetworkId } from '../identity/network.ts';
import { Problem } from '../problems/problem.ts';
import { Admission } from './admission.ts';
import { TIMINGS } from './availability.ts';
import { Founding } from './founding.ts';
import { Registry } from './registry.ts';
import { Seeds } from './seeds.ts';

const networkId = makeNetworkId();
let dataDir: string;
let registry: Registry;
let admission: Admission;
let nowMs: number;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-admission-'));
  nowMs = 1_000;
  registry = Registry.open(dataDir, nowMs, Date.now());
  const clock = { monotonicMs: () => nowMs, unixMs: () => Date.now() };
  admission = new Admission({
    registry,
    founding: new Founding(),
    seeds: new Seeds(registry, clock, chance('admission')),
    clock,
    timings: TIMINGS,
    networkId,
    log: pino({ level: 'silent' }),
  });
});
afterEach(() => {
  registry.close();
  rmSync(dataDir, { recursive: true });
});

function node(network = networkId): FakeNode {
  const made = new FakeNode(network);
  made.endpoints = { ...made.endpoints, index: '127.0.0.1:5000' };
  return made;
}

function refusedAs(code: string, act: () => unknown): void {
  assert.throws(act, (error) => error instanceof Problem && error.code === code);
}

test('a node that registers is active and listed by its index endpoint', () => {
  const one = node();
  const answer = admission.register(one.message('register'));
  assert.equal(answer.networkId, networkId);
  assert.equal(answer.heartbeatIntervalMs, 2_000);
  assert.equal(registry.get(one.id)?.presence.state, 'active');
  assert.equal(registry.get(one.id)?.address, '127.0.0.1:5000');
});

test('a report that somebody else signed, or that was changed on its way, is refused', () => {
  const one = node();
  admission.register(one.message('register'));
  const forged = { ...one.message('heartbeat'), signature: node().message('heartbeat').signature };
  refusedAs('forbidden', () => admission.heartbeat(one.id, forged));
  const changed = one.message('heartbeat');
  const text = changed.signed.replace('"files":0', '"files":9');
  refusedAs('forbidden', () => admission.heartbeat(one.id, { ...changed, signed: text }));
  assert.equal(registry.get(one.id)?.report.files, 0);
});

test('a descriptor that is not whole is refused, and nothing is kept', () => {
  const one = node();
  const signed = one.descriptor();
  signed.descriptor.writeUInt8(signed.descriptor.readUInt8(40) ^ 1, 40);
  refusedAs('forbidden', () => admission.register(one.message('register', signed)));
  assert.equal(registry.size, 0);
});

test('a registration under the key of one node with the descriptor of another is refused', () => {
  const victim = node();
  const thief = node();
  const stolen: SignedReport = { ...thief.message('register'), descriptor: toBase64(victim.descriptor()) };
  refusedAs('forbidden', () => admission.register(stolen));
});

test('a report counts once', () => {
  const one = node();
  const registration = one.message('register');
  admission.register(registration);
  const heartbeat = one.message('heartbeat');
  admission.heartbeat(one.id, heartbeat);
  refusedAs('replayed', () => admission.heartbeat(one.id, heartbeat));
  refusedAs('replayed', () => admission.register(registration));
});

test('a heartbeat cannot be played as a goodbye, nor the other way round', () => {
  const one = node();
  admission.register(one.message('register'));
  refusedAs('forbidden', () => admission.leave(one.id, one.message('heartbeat')));
  refusedAs('forbidden', () => admission.heartbeat(one.id, one.message('leave')));
  assert.equal(registry.get(one.id)?.presence.state, 'active');
});

test('a node of another network is told so', () => {
  refusedAs('other_network', () => admission.register(node(makeNetworkId()).message('register')));
});

test('a node of another major version is told so, one of another minor is taken', () => {
  const inVersion = (major: number, minor: number) => {
    const one = node();
    const fields = Descriptor.decode(one.descriptor().descriptor);
    const changed = { ...fields, protocolMajor: major, protocolMinor: minor };
    const descriptor = Buffer.from(Descriptor.encode(changed).finish());
    const signature = one.key.sign('anillo-descriptor-v1\0', Buffer.from(networkId, 'hex'), descriptor);
    return one.message('register', { descriptor, signature: Buffer.from(signature) });
  };
  refusedAs('other_version', () => admission.register(inVersion(2, 0)));
  assert.equal(admission.register(inVersion(1, 99)).networkId, networkId);
});

test('an earlier life of a node is refused, whatever it says', () => {
  const one = node();
  const old = one.incarnation;
  admission.register(one.message('register'));
  one.incarnation = old + 1;
  admission.register(one.message('register'));
  one.incarnation = old;
  refusedAs('superseded', () => admission.register(one.message('register')));
  refusedAs('superseded', () => admission.heartbeat(one.id, one.message('heartbeat')));
  refusedAs('superseded', () => admission.leave(one.id, one.message('leave')));
  assert.equal(registry.get(one.id)?.presence.state, 'active');
});

test('a new life must register, and may begin to count anew', () => {
  const one = node();
  one.sequence = 100;
  admission.register(one.message('register'));
  one.incarnation += 1;
  one.sequence = 0;
  refusedAs('not_registered', () => admission.heartbeat(one.id, one.message('heartbeat')));
  admission.register(one.message('register'));
  assert.equal(registry.get(one.id)?.descriptor.incarnation, one.incarnation);
});

test('who is not known is asked to register', () => {
  const one = node();
  refusedAs('not_registered', () => admission.heartbeat(one.id, one.message('heartbeat')));
});

test('a heartbeat may bring a new descriptor', () => {
  const one = node();
  admission.register(one.message('register'));
  one.endpoints = { ...one.endpoints, index: '127.0.0.1:6000' };
  admission.heartbeat(one.id, { ...one.message('heartbeat'), descriptor: toBase64(one.descriptor()) });
  assert.equal(registry.get(one.id)?.address, '127.0.0.1:6000');
  const other = { ...one.message('heartbeat'), descriptor: toBase64(node().descriptor()) };
  refusedAs('forbidden', () => admission.heartbeat(one.id, other));
});

test('endpoints that an HTTP client could be led astray by are refused', () => {
  for (const index of [
    '127.0.0.1',
    '127.0.0.1:80/x',
    'a@127.0.0.1:80',
    'http://a:80',
    '127.0.0.1:99999',
    'a b:1',
  ]) {
    const one = node();
    one.endpoints = { ...one.endpoints, index };
    refusedAs('bad_request', () => admission.register(one.message('register')));
  }
});

test('a report without its fields, or with fields of the wrong kind, is refused', () => {
  const one = node();
  one.report = { ...one.report, freeBytes: -1 };
  refusedAs('bad_request', () => admission.register(one.message('register')));
});

test('a node that leaves is inactive at once, and active again when it comes back', () => {
  const one = node();
  admission.register(one.message('register'));
  admission.leave(one.id, one.message('leave'));
  const known = registry.get(one.id);
  assert.equal(known?.presence.state, 'inactive');
  assert.equal(known?.hasLeft, true);
  one.incarnation += 1;
  admission.register(one.message('register'));
  assert.equal(registry.get(one.id)?.presence.state, 'active');
  assert.equal(registry.get(one.id)?.hasLeft, false);
});

test('one of many nodes may found the ring, and nobody may once it is there', () => {
  const nodes = [node(), node(), node()];
  for (const one of nodes) one.report = { ...one.report, joined: false };
  const founders = nodes.filter((one) => admission.register(one.message('register')).mayFound);
  assert.equal(founders.length, 1);
  const [founder] = founders as [FakeNode];
  founder.report = { ...founder.report, joined: true };
  admission.heartbeat(founder.id, founder.message('heartbeat'));
  for (const one of nodes.filter((each) => each !== founder)) {
    const answer = admission.heartbeat(one.id, one.message('heartbeat'));
    assert.equal(answer.mayFound, false);
    assert.deepEqual(
      answer.seeds.map(({ id }) => id),
      [founder.id],
    );
  }
});

test('nobody may found while a member that fell silent may still live', () => {
  const member = node();
  admission.register(member.message('register'));
  const known = registry.get(member.id);
  assert.ok(known);
  registry.place(known, { state: 'suspect', silentSinceMs: 0 }, Date.now());
  const newcomer = node();
  newcomer.report = { ...newcomer.report, joined: false };
  assert.equal(admission.register(newcomer.message('register')).mayFound, false);
  registry.place(known, { state: 'inactive', silentSinceMs: 0 }, Date.now());
  nowMs += 1_000;
  assert.equal(admission.heartbeat(newcomer.id, newcomer.message('heartbeat')).mayFound, true);
});
