/** From a catalog's rows to what others find: files that changed, and changed back, while their node was off. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Catalog } from '../../../library/catalog.ts';
import { CatalogChanges } from '../../../library/catalog-changes.ts';
import { baseKey, nameKey } from '../../../records/keys.ts';
import { TestCluster } from './cluster.test-support.ts';
import type { TestNode } from './cluster-member.test-support.ts';
import { fakeCid } from './pending.test-support.ts';
import { sha256 } from './record-checks.ts';

const WAIT = { wait: true, timeoutMs: 20_000 };
const [A, B] = [fakeCid(1), fakeCid(2)];
const PATH = 'notes/plan.txt';

let cluster: TestCluster;
let catalog: Catalog;
let node: TestNode;

beforeEach(async () => {
  cluster = await TestCluster.of(2);
  const dataDir = await cluster.folder();
  catalog = Catalog.open(dataDir, { synchronous: 'normal' });
  node = await cluster.start({ join: true, dataDir, source: catalog });
});
afterEach(async () => {
  await cluster.close();
  catalog.close();
});

/** The file has these contents one after the other, noticed in one go as after a restart. */
function becomes(...cids: readonly string[]): void {
  const stamp = { dev: 1n, inode: 1n, size: 1n, mtimeNs: 1n, ctimeNs: 1n, birthtimeNs: 1n };
  const changes = new CatalogChanges(catalog);
  catalog.transact(() => {
    for (const cid of cids) changes.put({ path: PATH, disk: PATH, cid, stamp, why: 'own', incoming: null });
  });
}

/** What the path and its last component lead to. */
async function heads(): Promise<string[]> {
  const shown: string[] = [];
  for (const key of [nameKey(sha256, PATH), baseKey(sha256, 'plan.txt')]) {
    const { publications } = await cluster.node(0).records.find(key, 10);
    shown.push(...publications.map(({ kind, cid }) => `${kind} ${cid}`));
  }
  return shown;
}

test('a file that was changed and changed back while its node was off is found by its path', async () => {
  becomes(A);
  await node.records.publish(WAIT);
  becomes(B, A);
  await node.records.publish(WAIT);
  assert.deepEqual(await heads(), [`publication ${A}`, `publication ${A}`]);
});

test('of a path with 2,000 versions the newest is found, and the last 32 are kept', async () => {
  const cids = Array.from({ length: 2000 }, (_, index) => fakeCid(1000 + index));
  becomes(...cids);
  await node.records.publish({ wait: true, timeoutMs: 120_000 });
  const newest = cids.at(-1);
  assert.deepEqual(await heads(), [`publication ${newest}`, `publication ${newest}`]);
  for (const key of [nameKey(sha256, PATH), baseKey(sha256, 'plan.txt')]) {
    const { versions, truncated } = await cluster.node(1).records.find(key, 1000);
    assert.deepEqual(
      versions.map(({ cid }) => cid),
      cids.slice(-32, -1).reverse(),
    );
    assert.equal(truncated, false);
  }
});
