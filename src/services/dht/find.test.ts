/** From a publication that waits at one node to what another finds: publications, providers and where they are. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startTestDht, type TestDht, temporaryFolder, until, untilOneRing } from './dht.test-support.ts';
import { LocalDht } from './local-client.ts';
import type { PendingChange, PendingSource } from './records/pending-source.ts';

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

/** One file, which waits to be published from `add` on. */
function oneFile(): PendingSource & { add(): void } {
  const file = {
    path: 'docs/año.txt',
    cid: CID,
    size: 12,
    modifiedMs: 1_700_000_000_000,
    type: 'text/plain',
    tags: ['one'],
    copies: 1,
    previous: null,
  };
  let waiting: PendingChange[] = [];
  let version = 1;
  return {
    add: () => {
      waiting = [{ id: 1, act: 'publish', file, lastCopy: false }];
      version++;
    },
    pending: (limit, afterId = 0) => waiting.filter(({ id }) => id > afterId).slice(0, limit),
    pendingCount: () => waiting.length,
    lastPending: () => waiting.at(-1)?.id ?? null,
    refuse: () => assert.fail('nothing is to be refused'),
    refusedCount: () => 0,
    files: () => [],
    requeue: () => 0,
    settle: (ids) => {
      waiting = waiting.filter(({ id }) => !ids.includes(id));
    },
    dataVersion: () => version,
  };
}

/** A ring of three, in which the first has published the file. */
async function startWithFile(t: TestContext): Promise<[TestDht, TestDht[]]> {
  const catalog = oneFile();
  const holder = await startTestDht(t, { dataDir: temporaryFolder(t), catalog });
  const join = [holder.address];
  const others = await Promise.all([1, 2].map(() => startTestDht(t, { dataDir: temporaryFolder(t), join })));
  await untilOneRing([holder, ...others]);
  catalog.add();
  assert.deepEqual(await holder.api.publish({ wait: true, timeoutMs: 10_000 }), { pending: 0 });
  return [holder, others];
}

test('what one node publishes, every other finds by cid, path and last component, with the address to fetch it from', async (t) => {
  const [holder, others] = await startWithFile(t);

  for (const { api, address, dataDir } of others) {
    const local = new LocalDht({ address: () => address, dataDir });
    t.after(() => local.close());
    for (const dht of [api, local]) {
      const found = await dht.find(dht.keyOf('cid', CID), 10);
      const name = holder.id.slice(0, 8);
      assert.deepEqual(found.providers, [
        {
          id: holder.id,
          address: `index-of-${name}:5000`,
          download: `download-of-${name}:5000`,
          cid: CID,
          complete: true,
          state: 'active',
        },
      ]);
      for (const key of [dht.keyOf('name', 'docs/año.txt'), dht.keyOf('base', 'año.txt')]) {
        const [publication = assert.fail()] = (await dht.find(key, 10)).publications;
        const { kind, publisher, cid, path, size, tags } = publication;
        assert.deepEqual(
          { kind, publisher, cid, path, size, tags },
          {
            kind: 'publication',
            publisher: holder.id,
            cid: CID,
            path: 'docs/año.txt',
            size: 12,
            tags: ['one'],
          },
        );
      }
    }
  }
});

test('a provider that died is found as away, where it was known to be', async (t) => {
  const [holder, others] = await startWithFile(t);
  const [asked = assert.fail()] = others;
  const key = asked.api.keyOf('cid', CID);
  await asked.api.find(key, 10);
  await holder.stop({ leave: false });
  await until('it is known to be away', async () => {
    const [provider] = (await asked.api.find(key, 10)).providers;
    if (provider === undefined) return false;
    assert.equal(provider.download, `download-of-${holder.id.slice(0, 8)}:5000`);
    return provider.state === 'inactive';
  });
});
