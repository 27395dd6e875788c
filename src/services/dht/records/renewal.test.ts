import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import pino from 'pino';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { LeaseBook } from './lease-book.ts';
import { eventually } from './pending.test-support.ts';
import { Renewal, type RenewalOptions } from './renewal.ts';

const RANGE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const ENTRY = randomBytes(80);

/** One owner of everything, which lacks one record that another node published. @param deliver how many it could not be brought */
function renewalOf(deliver: () => number): Renewal {
  const owner = { id: '11'.repeat(32), incarnation: 1, address: 'owner' };
  const item = { key: RANGE.to, slot: RANGE.to, changes: [], remainingMs: 0 };
  const tasks: Record<string, (input: { signer?: { by: string } }) => unknown> = {
    nextAsserted: () => ({ key: '22'.repeat(32) }),
    digest: ({ signer }) => ({
      summary: Buffer.alloc(20),
      buckets: Buffer.alloc(0),
      count: signer?.by === 'foreign' ? 1 : 0,
    }),
    entries: () => ({ entries: ENTRY, next: null }),
    outgoing: () => ({ outgoing: [item], batches: [] }),
  };
  const answers: Record<string, () => unknown> = {
    renew: () => ({ equal: true, notOwner: false, storeId: 5n, arrival: 1n, more: false, publications: [] }),
    missing: () => ({ missing: [0] }),
  };
  return new Renewal({
    ring: { neighbours: () => ({ joined: true }), onEvent: () => () => {} },
    store: { run: (name: string, input: object) => Promise.resolve(tasks[name]?.(input)) },
    owners: { lookup: () => Promise.resolve({ owner, range: RANGE, successors: [] }), clear: () => {} },
    calls: { call: (_: unknown, name: string) => Promise.resolve(answers[name]?.()) },
    delivery: { deliver: () => Promise.resolve(Array.from({ length: deliver() }, () => item)) },
    leases: new LeaseBook(NodeKey.generate(), makeNetworkId(), 1, 60_000),
    log: pino({ level: 'silent' }),
    self: '33'.repeat(32),
    leaseDurationMs: 3_600_000,
    syncDelayMs: 1,
    reassertion: true,
  } as unknown as RenewalOptions);
}

test('a re-assertion that did not reach enough nodes is tried again soon', async () => {
  let delivered = 0;
  const renewal = renewalOf(() => (++delivered < 3 ? 1 : 0));
  renewal.start();
  try {
    await eventually('it was brought at the third try', () => delivered === 3);
  } finally {
    await renewal.stop();
  }
});
