import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { BundleWriter } from './bundle-writer.ts';
import { LeaseBook } from './lease-book.ts';
import { fakeCid } from './pending.test-support.ts';
import { RecordStore } from './record-store.ts';

const WHOLE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };

const fromHex = (digits: string) => Buffer.from(digits, 'hex');

describe('the store on disk', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'anillo-store-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  test('whatever was acknowledged is there after kill -9, and what was signed is known', async () => {
    const networkId = makeNetworkId();
    const key = NodeKey.generate();
    const child = fork(new URL('./storing-child.test-support.ts', import.meta.url), [
      dataDir,
      networkId,
      key.toPem(),
    ]);
    let acknowledged = 0;
    await new Promise<void>((resolve) => {
      child.on('message', (count: number) => {
        acknowledged = count;
        if (count >= 40) child.kill('SIGKILL');
      });
      child.on('exit', () => resolve());
    });

    const store = await RecordStore.open(dataDir, networkId, key);
    try {
      // Each acknowledged batch: 10 publications under two keys, 10 providers.
      assert.ok(store.count() >= acknowledged * 30, `${store.count()} of ${acknowledged * 30}`);
      const stored = await store.run('digest', { table: 'stored', range: WHOLE, minCopies: 0 });
      const asserted = await store.run('digest', { table: 'asserted', range: WHOLE, minCopies: 0 });
      assert.equal(stored.count, store.count());
      assert.ok(asserted.count >= stored.count);
    } finally {
      await store.close();
    }
  });

  test('counts stay true when records are replaced and withdrawn, and no row is left behind', async () => {
    const key = NodeKey.generate();
    const store = await RecordStore.open(dataDir, makeNetworkId(), key);
    try {
      const file = { path: 'a/b.txt', cid: fakeCid(3), ...rest };
      const count = async () =>
        (await store.run('digest', { table: 'asserted', range: WHOLE, minCopies: 0 })).count;
      for (const id of [1, 2, 3]) {
        await store.run('sign', {
          changes: [{ id, act: 'publish', file, lastCopy: false }],
          nowMs: Date.now(),
        });
        assert.equal(await count(), 4);
      }
      await store.run('sign', {
        changes: [{ id: 4, act: 'withdraw', file, lastCopy: true }],
        nowMs: Date.now(),
      });
      assert.equal(await count(), 4);
      await store.run('sweep', { elapsedMs: 179 * 24 * 3600 * 1000 });
      assert.equal(await count(), 4);
      await store.run('sweep', { elapsedMs: 2 * 24 * 3600 * 1000 });
      assert.equal(await count(), 0);
    } finally {
      await store.close();
    }
  });

  test('a copy kept for others is provided and no longer, and nothing is published in its name', async () => {
    const store = await RecordStore.open(dataDir, makeNetworkId(), NodeKey.generate());
    try {
      const cid = fakeCid(3);
      const file = { path: `/${cid}`, cid, ...rest };
      const sign = async (id: number, act: 'provide' | 'unprovide', lastCopy: boolean) => {
        const { outgoing, refused } = await store.run('sign', {
          changes: [{ id, act, file, lastCopy }],
          nowMs: Date.now(),
        });
        assert.deepEqual(refused, []);
        return outgoing.length;
      };
      const unasserted = async () => (await store.run('unasserted', { files: [file] })).unasserted;
      assert.deepEqual(await unasserted(), [0]);
      assert.equal(await sign(1, 'provide', false), 1);
      assert.deepEqual(await unasserted(), []);
      assert.equal(await sign(2, 'unprovide', false), 0, 'a file of the same content is there');
      assert.deepEqual(await unasserted(), []);
      assert.equal(await sign(3, 'unprovide', true), 1);
      assert.deepEqual(await unasserted(), [0]);
    } finally {
      await store.close();
    }
  });

  test('a withdrawal in its last hours is neither compared nor given, and no longer taken', async () => {
    const networkId = makeNetworkId();
    const store = await RecordStore.open(dataDir, networkId, NodeKey.generate());
    try {
      const file = { path: 'b.txt', cid: fakeCid(3), ...rest };
      const changes = [{ id: 1, act: 'withdraw' as const, file, lastCopy: true }];
      const { outgoing, batches } = await store.run('sign', { changes, nowMs: Date.now() });
      const bundleWith = (remainingMs: number) => {
        const writer = new BundleWriter();
        for (const item of outgoing) {
          const entry = { ...item, placementKey: Buffer.from(item.key, 'hex'), remainingMs };
          writer.add(entry, batches[0]?.encoded ?? new Uint8Array(0));
        }
        return writer.finish();
      };
      const wanted = Buffer.concat(outgoing.flatMap(({ key, slot }) => [key, slot].map(fromHex)));
      const picked = async () =>
        (await store.run('pick', { table: 'stored', wanted, bundlesMax: 9 })).bundles.length;
      const entries = async () => {
        const selection = { table: 'stored', range: WHOLE, minCopies: 0 } as const;
        return (await store.run('entries', { ...selection, cursor: null, limit: 99 })).entries.length;
      };
      const codes = async (remainingMs: number) =>
        (await store.run('replicate', { bundle: bundleWith(remainingMs) })).codes;

      assert.deepEqual(new Set(await codes(3_600_000)), new Set(['ended']));
      assert.equal(store.count(), 0);
      assert.deepEqual(new Set(await codes(10 * 3_600_000)), new Set(['']));
      assert.ok((await entries()) > 0 && (await picked()) > 0);
      await store.run('sweep', { elapsedMs: 9 * 3_600_000 });
      assert.ok(store.count() > 0);
      assert.deepEqual([await entries(), await picked()], [0, 0]);
      const digest = await store.run('digest', { table: 'stored', range: WHOLE, minCopies: 0 });
      assert.equal(digest.count, 0);
      assert.deepEqual(new Set(await codes(3_600_000)), new Set(['']));
    } finally {
      await store.close();
    }
  });

  test('a digest that is kept while records come and go is that of the records', async () => {
    const networkId = makeNetworkId();
    const key = NodeKey.generate();
    const ranges = [
      WHOLE,
      { from: '10'.repeat(32), to: '90'.repeat(32) },
      { from: 'b0'.repeat(32), to: '50'.repeat(32) },
    ];
    const selections = [0, 5].flatMap((minCopies) =>
      ranges.map((range) => ({ table: 'asserted', range, minCopies }) as const),
    );
    const digests = async (store: RecordStore) => {
      const answers = [];
      for (const selection of selections) answers.push(await store.run('digest', selection));
      return answers;
    };
    let store = await RecordStore.open(dataDir, networkId, key);
    for (let round = 0; round < 6; round++) {
      const changes = Array.from({ length: 20 }, (_, index) => {
        const file = { path: `f${index}`, cid: fakeCid((index * (round + 1)) % 13), ...rest };
        const act = (index + round) % 3 === 0 ? ('withdraw' as const) : ('publish' as const);
        return { id: round * 20 + index, act, file, lastCopy: index % 2 === 0 };
      });
      await store.run('sign', { changes, nowMs: Date.now() });
      if (round === 4) await store.run('sweep', { elapsedMs: 181 * 24 * 3_600_000 });
      await digests(store);
    }
    const kept = await digests(store);
    await store.close();
    store = await RecordStore.open(dataDir, networkId, key);
    assert.deepEqual(await digests(store), kept);
    assert.ok((kept[0]?.count ?? 0) > 20);
    await store.close();
  });

  test('keys of a range are named once around the ring, and none after its end', async () => {
    const store = await RecordStore.open(dataDir, makeNetworkId(), NodeKey.generate());
    const change = { id: 1, act: 'publish' as const, lastCopy: false };
    const changes = [{ ...change, file: { path: 'a/b.txt', cid: fakeCid(3), ...rest } }];
    const { outgoing, batches } = await store.run('sign', { changes, nowMs: Date.now() });
    const writer = new BundleWriter();
    for (const item of outgoing)
      writer.add({ placementKey: fromHex(item.key), ...item }, batches[0]?.encoded ?? new Uint8Array(0));
    await store.run('replicate', { bundle: writer.finish() });
    const [first = '', second = '', third = ''] = outgoing.map((item) => item.key).sort();
    const range = { from: second, to: first };
    const keys: (string | null)[] = [];
    for (let after: string | null = second; after !== null && keys.length < 9; keys.push(after))
      after = (await store.run('nextStored', { after, range })).key;
    assert.deepEqual(keys, [third, first, null]);
    await store.close();
  });

  test('a lease outlives a restart with no more than what was left of it', async () => {
    const networkId = makeNetworkId();
    const [key, other] = [NodeKey.generate(), NodeKey.generate()];
    const lease = new LeaseBook(other, networkId, 1, 60_000).own;
    const book = new LeaseBook(key, networkId, 1, 60_000);
    assert.equal(book.acceptRunning({ lease, remainingMs: 30_000n }), true);
    let store = await RecordStore.open(dataDir, networkId, key);
    await store.run('saveLeases', { leases: book.snapshot(), ended: [] });
    await store.close();

    store = await RecordStore.open(dataDir, networkId, key);
    const next = new LeaseBook(key, networkId, 2, 60_000);
    next.restore(store.leases);
    await store.close();
    const left = next.remainingMs(other.id);
    assert.ok(left > 0 && left <= 30_000, `${left} ms`);
  });
});

describe('leases', () => {
  const networkId = makeNetworkId();
  const key = NodeKey.generate();
  const other = NodeKey.generate();

  test('only a newer epoch or life renews one; an old one passed on later does not', () => {
    const book = new LeaseBook(key, networkId, 1, 60_000);
    const theirs = new LeaseBook(other, networkId, 5, 60_000);
    const first = theirs.own;
    assert.equal(book.accept(first), true);
    const ended = theirs.renewOwn(0);
    assert.equal(book.accept(ended), true);
    assert.equal(book.remainingMs(other.id), 0);
    assert.equal(book.accept(first), false);
    assert.equal(book.acceptRunning({ lease: first, remainingMs: 60_000n }), false);
    assert.equal(book.accept(new LeaseBook(other, networkId, 6, 60_000).own), true);
    assert.ok(book.remainingMs(other.id) > 50_000);
  });

  test('one that ran out is passed on with how long ago, so that nobody keeps its node longer than others', () => {
    const [book, next] = [1, 2].map((incarnation) => new LeaseBook(key, networkId, incarnation, 60_000));
    assert.ok(book !== undefined && next !== undefined);
    const lease = new LeaseBook(other, networkId, 1, 60_000).own;
    assert.equal(book.acceptRunning({ lease, remainingMs: -20_000n }), true);
    assert.equal(book.remainingMs(other.id), 0);
    const [passed] = book.passedOn([other.id]);
    assert.ok(passed !== undefined && passed.remainingMs <= -20_000n);
    next.acceptRunning(passed);
    assert.ok((next.snapshot().find(({ node }) => node === other.id)?.remainingMs ?? 0) <= -20_000);
    assert.ok(next.kept().includes(other.id));

    const later = new LeaseBook(key, networkId, 3, 60_000);
    later.acceptRunning({ lease, remainingMs: -60_000n });
    assert.ok(!later.kept().includes(other.id));
    assert.deepEqual(later.passedOn([other.id]), []);
  });

  test('one that its node did not sign, or that is of another network, is not believed', () => {
    const book = new LeaseBook(key, networkId, 1, 60_000);
    const lease = new LeaseBook(other, networkId, 1, 60_000).own;
    assert.equal(book.accept({ ...lease, durationMs: 120_000n }), false);
    assert.equal(book.accept({ ...lease, node: Buffer.from(key.id, 'hex'), epoch: 99n }), false);
    assert.equal(book.accept(new LeaseBook(other, makeNetworkId(), 1, 60_000).own), false);
    assert.equal(book.remainingMs(other.id), 0);
  });
});
