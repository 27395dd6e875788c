import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import pino from 'pino';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import type { KeyRange } from '../../../records/key-range.ts';
import { MACHINE_CLOCK } from './clock.ts';
import { LeaseBook } from './lease-book.ts';
import { eventually } from './pending.test-support.ts';
import { Renewal, type RenewalOptions } from './renewal.ts';

const RANGE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const ENTRY = randomBytes(80);

interface Owner {
  range: KeyRange;
  /** How many records could not be brought to it. */
  readonly deliver: () => number;
  /** Up to where the caller of a renewal knew its news. */
  readonly since: bigint[];
}

/** One owner, which lacks one record that another node published. `change` says that the neighbours changed. */
function renewalOf(at: Owner): { renewal: Renewal; change: () => void } {
  const owner = { id: '11'.repeat(32), incarnation: 1, address: 'owner' };
  const item = { key: RANGE.to, slot: RANGE.to, changes: [], remainingMs: 0 };
  const tasks: Record<string, (input: { signer?: { by: string } }) => unknown> = {
    nextAsserted: () => ({ key: '50'.repeat(32) }),
    digest: ({ signer }) => ({
      summary: Buffer.alloc(20),
      buckets: Buffer.alloc(0),
      count: signer?.by === 'foreign' ? 1 : 0,
    }),
    entries: () => ({ entries: ENTRY, next: null }),
    outgoing: () => ({ outgoing: [item], batches: [] }),
  };
  const answers: Record<string, (request: { sinceArrival?: bigint }) => unknown> = {
    renew: ({ sinceArrival }) => {
      at.since.push(sinceArrival ?? 0n);
      return { equal: true, notOwner: false, storeId: 5n, arrival: 7n, more: false, publications: [] };
    },
    missing: () => ({ missing: [0] }),
  };
  let change = () => {};
  const onEvent = (listener: (event: { type: string }) => void) => {
    change = () => listener({ type: 'neighboursChanged' });
    return () => {};
  };
  const renewal = new Renewal({
    ring: { neighbours: () => ({ joined: true }), onEvent },
    store: { run: (name: string, input: object) => Promise.resolve(tasks[name]?.(input)) },
    owners: { lookup: () => Promise.resolve({ owner, range: at.range, successors: [] }), clear: () => {} },
    calls: { call: (_: unknown, name: string, request: object) => Promise.resolve(answers[name]?.(request)) },
    delivery: { deliver: () => Promise.resolve(Array.from({ length: at.deliver() }, () => item)) },
    leases: new LeaseBook(NodeKey.generate(), makeNetworkId(), 1, 60_000),
    clock: MACHINE_CLOCK,
    random: Math.random,
    log: pino({ level: 'silent' }),
    self: '33'.repeat(32),
    leaseDurationMs: 3_600_000,
    syncDelayMs: 1,
    reassertion: true,
  } as unknown as RenewalOptions);
  return { renewal, change: () => change() };
}

test('a re-assertion that did not reach enough nodes is tried again soon', async () => {
  let delivered = 0;
  const deliver = () => (++delivered < 3 ? 1 : 0);
  const { renewal } = renewalOf({ range: RANGE, deliver, since: [] });
  renewal.start();
  try {
    await eventually('it was brought at the third try', () => delivered === 3);
  } finally {
    await renewal.stop();
  }
});

test('of a range that shrank only news is asked for, of one that grew all', async () => {
  const to = '88'.repeat(32);
  const owner: Owner = { range: { from: '20'.repeat(32), to }, deliver: () => 0, since: [] };
  const { renewal, change } = renewalOf(owner);
  renewal.start();
  try {
    await eventually('it asked for all', () => owner.since.length === 1);
    for (const from of ['40'.repeat(32), '30'.repeat(32), '30'.repeat(32)]) {
      owner.range = { from, to };
      const before = owner.since.length;
      change();
      await eventually('it asked again', () => owner.since.length > before);
    }
    assert.deepEqual(owner.since, [0n, 7n, 0n, 7n]);
  } finally {
    await renewal.stop();
  }
});
