/** For a test: stores batches as fast as it can and says how many were acknowledged, until it is killed. */
import { NodeKey } from '../../../identity/node-key.ts';
import { BundleWriter } from './bundle-writer.ts';
import { fakeCid } from './pending.test-support.ts';
import { RecordStore } from './record-store.ts';

const [dataDir = '', networkId = '', pem = ''] = process.argv.slice(2);
const key = NodeKey.fromPem(pem);
const store = await RecordStore.open(dataDir, networkId, key);
await store.run('keep', { nodes: [key.id] });
const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
const owned = { from: '00'.repeat(32), to: '00'.repeat(32) };

for (let batch = 0; ; batch++) {
  const changes = Array.from({ length: 10 }, (_, index) => {
    const number = batch * 10 + index;
    const file = { path: `f${number}`, cid: fakeCid(number), ...rest };
    return { id: number, act: 'publish' as const, file, lastCopy: false };
  });
  const { outgoing, batches } = await store.run('sign', { changes, nowMs: Date.now() });
  const writer = new BundleWriter();
  for (const item of outgoing) {
    const encoded = batches[0]?.encoded ?? new Uint8Array(0);
    writer.add({ placementKey: Buffer.from(item.key, 'hex'), ...item }, encoded);
  }
  await store.run('store', { bundle: writer.finish(), owned, isWide: false });
  process.send?.(batch + 1);
}
