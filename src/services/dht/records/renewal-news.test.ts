import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { makeNetworkId } from '../../../identity/network.ts';
import { NodeKey } from '../../../identity/node-key.ts';
import { cidKey } from '../../../records/keys.ts';
import { BundleWriter } from './bundle-writer.ts';
import { fakeCid } from './pending.test-support.ts';
import type { PendingChange } from './pending-source.ts';
import { sha256 } from './record-checks.ts';
import { decodeBundle } from './record-codec.ts';
import { RecordStore } from './record-store.ts';

const WHOLE = { from: '00'.repeat(32), to: '00'.repeat(32) };
const DIGEST = new Uint8Array(20);
const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };

interface Node {
  readonly id: string;
  readonly store: RecordStore;
}

describe('the news that a renewal brings', () => {
  const networkId = makeNetworkId();
  let folder: string;
  let owner: Node;
  let holder: Node;
  let publisher: Node;
  let lastChange = 0;

  const open = async (name: string): Promise<Node> => {
    const key = NodeKey.generate();
    return { id: key.id, store: await RecordStore.open(join(folder, name), networkId, key) };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'anillo-news-'));
    [owner, holder, publisher] = [await open('owner'), await open('holder'), await open('publisher')];
    await owner.store.run('keep', { nodes: [holder.id, publisher.id] });
  });
  afterEach(async () => {
    for (const { store } of [owner, holder, publisher]) await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The node publishes the content under these paths, and the owner takes it. */
  async function publish(node: Node, cid: string, paths: readonly string[]): Promise<void> {
    for (let at = 0; at < paths.length; at += 100) {
      const changes: PendingChange[] = paths.slice(at, at + 100).map((path) => {
        return { id: ++lastChange, act: 'publish', file: { cid, path, ...rest }, lastCopy: false };
      });
      const { outgoing, batches } = await node.store.run('sign', { changes, nowMs: Date.now() });
      const writer = new BundleWriter();
      for (const item of outgoing) {
        const entry = { placementKey: Buffer.from(item.key, 'hex'), ...item };
        assert.ok(writer.add(entry, batches[0]?.encoded ?? new Uint8Array(0)));
      }
      await owner.store.run('replicate', { bundle: writer.finish() });
    }
  }

  /** Everything told from a position on, answer by answer. */
  async function told(since: bigint): Promise<{ records: number; answers: number; position: bigint }> {
    let [records, answers, position, more] = [0, 0, since, true];
    while (more) {
      const { news } = await owner.store.run('renew', {
        signer: holder.id,
        range: WHOLE,
        digest: DIGEST,
        since: position,
      });
      records += news.bundle === null ? 0 : decodeBundle(news.bundle).records.length;
      answers++;
      ({ position, more } = news);
    }
    return { records, answers, position };
  }

  const paths = (count: number) => Array.from({ length: count }, (_, index) => `f${index}`);

  test('is all of it, in as many answers as it takes, and nothing twice', async () => {
    await publish(holder, fakeCid(1), ['mine']);
    await publish(publisher, fakeCid(1), paths(2500));
    const first = await told(0n);
    assert.equal(first.records, 2500);
    assert.ok(first.answers > 2);
    assert.deepEqual(await told(first.position), { records: 0, answers: 1, position: first.position });

    await publish(publisher, fakeCid(1), ['later']);
    assert.equal((await told(first.position)).records, 1);
  });

  test('is also what was there before the content was provided, however much', async () => {
    await publish(publisher, fakeCid(1), paths(2500));
    const { position, records } = await told(0n);
    assert.equal(records, 0);
    await publish(holder, fakeCid(1), ['mine']);
    assert.equal((await told(position)).records, 2500);
  });

  test('is only of contents that the node provides, in the range that it asks about', async () => {
    await publish(holder, fakeCid(1), ['mine']);
    await publish(publisher, fakeCid(1), ['theirs']);
    await publish(publisher, fakeCid(2), ['other']);
    const key = cidKey(sha256, fakeCid(1));
    const ask = async (from: string, to: string) => {
      const range = { from, to };
      const { news } = await owner.store.run('renew', {
        signer: holder.id,
        range,
        digest: DIGEST,
        since: 0n,
      });
      return news.bundle === null ? 0 : decodeBundle(news.bundle).records.length;
    };
    assert.equal(await ask(WHOLE.from, WHOLE.to), 1);
    assert.equal(await ask(WHOLE.from, key), 1);
    assert.equal(await ask('ff'.repeat(32), key), 1);
    assert.equal(await ask(key, 'ff'.repeat(32)), 0);
    assert.equal(await ask(key, WHOLE.to), 0);
  });

  test('begins again at a store that was brought back from a backup', async () => {
    await publish(holder, fakeCid(1), ['mine']);
    await publish(publisher, fakeCid(1), ['theirs']);
    const { position } = await told(0n);
    assert.equal((await told(position + (1000n << 24n))).records, 1);
  });
});
