import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { FakeNode } from '../../test/fake-node.ts';
import { openDescriptor } from '../identity/descriptor.ts';
import { makeNetworkId } from '../identity/network.ts';
import { afterLeave, afterSign, TIMINGS } from './availability.ts';
import { type KnownNode, Registry } from './registry.ts';
import { Watcher } from './watcher.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const log = pino({ level: 'silent' });
const networkId = makeNetworkId();
let dataDir: string;
let monotonicMs: number;
let unixMs: number;
let registry: Registry;
let watcher: Watcher;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'anillo-watcher-'));
  monotonicMs = 5_000;
  unixMs = Date.now();
  start();
});
afterEach(() => {
  registry.close();
  rmSync(dataDir, { recursive: true });
});

function start(): void {
  const clock = { monotonicMs: () => monotonicMs, unixMs: () => unixMs };
  registry = Registry.open(dataDir, monotonicMs, unixMs);
  watcher = new Watcher({ registry, clock, timings: TIMINGS, log });
}

/** As a kill leaves it: what was written by ticks is there, nothing is written any more. */
function restartAfter(downMs: number): void {
  registry.close();
  monotonicMs = 10;
  unixMs += downMs;
  start();
}

function add(): KnownNode {
  const fake = new FakeNode(networkId);
  const signedDescriptor = fake.descriptor();
  const descriptor = openDescriptor(signedDescriptor, unixMs);
  assert.ok(descriptor);
  const { id, report } = fake;
  const said = { report, sequence: 7, hasLeft: false, lastSeenMs: unixMs };
  return registry.add(
    { id, descriptor, signedDescriptor, address: 'h:1', ...said },
    afterSign(monotonicMs),
    unixMs,
  );
}

function pass(ms: number, speaking: readonly KnownNode[] = []): void {
  for (const endMs = monotonicMs + ms; monotonicMs < endMs; ) {
    monotonicMs += 500;
    unixMs += 500;
    for (const node of speaking) {
      node.lastSeenMs = unixMs;
      registry.touch(node, false);
      registry.place(node, afterSign(monotonicMs), unixMs);
    }
    watcher.tick();
  }
}

function known(id: string): KnownNode {
  const node = registry.get(id);
  assert.ok(node, 'it is remembered');
  return node;
}

test('a node that falls silent is suspect, then inactive within 8 s; one that speaks stays active', () => {
  const silent = add();
  const speaking = add();
  pass(4_000, [speaking]);
  assert.equal(silent.presence.state, 'active');
  pass(1_000, [speaking]);
  assert.equal(silent.presence.state, 'suspect');
  pass(3_000, [speaking]);
  assert.equal(silent.presence.state, 'inactive');
  assert.equal(speaking.presence.state, 'active');
});

test('a portmapper that stood still for a minute does not take all for dead', () => {
  const node = add();
  pass(2_000, [node]);
  monotonicMs += 60_000;
  unixMs += 60_000;
  watcher.tick();
  assert.equal(node.presence.state, 'active');
  pass(8_000);
  assert.equal(node.presence.state, 'inactive');
});

test('the minute in which the portmapper stood still is not watched time', () => {
  const node = add();
  pass(60_000, [node]);
  monotonicMs += 600_000;
  unixMs += 600_000;
  watcher.tick();
  pass(60_000, [node]);
  assert.equal(registry.availability(node, unixMs)['1h'], 1);
  const watchedMs = registry.watch.spans.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  assert.equal(watchedMs, 120_000);
});

test('a clock that jumps, forward or back, kills nobody', () => {
  const node = add();
  pass(2_000, [node]);
  for (const jumpMs of [DAY_MS, -2 * DAY_MS]) {
    unixMs += jumpMs;
    monotonicMs += 500;
    watcher.tick();
    assert.equal(node.presence.state, 'active');
    pass(10_000, [node]);
    assert.equal(node.presence.state, 'active');
    assert.ok(node.transitions.every(({ atMs }) => atMs <= unixMs));
  }
  assert.equal(registry.availability(node, unixMs)['1h'], 1);
});

test('after a restart nodes are remembered with their history, and suspect till they speak', () => {
  const node = add();
  const gone = add();
  pass(100_000, [node, gone]);
  pass(100_000, [node]);
  const before = registry.availability(gone, unixMs);
  restartAfter(HOUR_MS / 2);
  assert.equal(known(node.id).presence.state, 'suspect');
  assert.equal(known(gone.id).presence.state, 'inactive');
  assert.equal(known(node.id).sequence, 7);
  assert.deepEqual(known(node.id).report, node.report);
  assert.deepEqual(known(node.id).descriptor, node.descriptor);
  assert.deepEqual(registry.availability(known(gone.id), unixMs), before);
  pass(1_000, [known(node.id)]);
  assert.equal(known(node.id).presence.state, 'active');
});

test('a node that does not come back after a restart of the portmapper is inactive within 8 s', () => {
  const { id } = add();
  pass(1_000);
  restartAfter(1_000);
  pass(8_000);
  assert.equal(known(id).presence.state, 'inactive');
});

test('a node that left is remembered for 30 days, and no longer', () => {
  const node = add();
  registry.place(node, afterLeave(monotonicMs), unixMs);
  pass(1_000);
  restartAfter(29 * DAY_MS);
  pass(500);
  assert.equal(known(node.id).presence.state, 'inactive');
  restartAfter(2 * DAY_MS);
  pass(500);
  assert.equal(registry.get(node.id), null);
  restartAfter(0);
  assert.equal(registry.get(node.id), null);
});

test('history that no window reaches is dropped, but for the state that was in force', () => {
  const node = add();
  pass(20_000);
  restartAfter(8 * DAY_MS);
  pass(500);
  assert.deepEqual(
    known(node.id).transitions.map(({ state }) => state),
    ['inactive'],
  );
  assert.equal(registry.availability(known(node.id), unixMs)['7d'], 0);
});

test('a change of state is on disk with the next tick, even if the portmapper is killed then', () => {
  const node = add();
  pass(500);
  const other = Registry.open(dataDir, monotonicMs, unixMs);
  assert.equal(other.get(node.id)?.presence.state, 'suspect');
  other.close();
});
