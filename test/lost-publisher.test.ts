/** A publisher's machine is gone for good: what another node also holds is still found by the publisher's path. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { anillo } from './anillo.ts';
import { getJson, TestNetwork, type TestNode } from './network.ts';
import { until } from './until.ts';

const LEASE_MS = 4000;
let network: TestNetwork;

before(async () => {
  network = await TestNetwork.start({ nodes: 4, nodeArgs: ['--timing', `leaseDurationMs=${LEASE_MS}`] });
});
after(() => network.stop());

interface Search {
  readonly results: readonly {
    readonly name: string;
    readonly providers: readonly { readonly address: string }[];
  }[];
}

async function put(node: TestNode, name: string, content: string): Promise<void> {
  const answer = await request(`${node.url}/api/v1/files?name=${name}`, { method: 'PUT', body: content });
  await answer.body.dump();
  assert.equal(answer.statusCode, 201);
}

function search(node: TestNode, name: string): Promise<Search> {
  return getJson<Search>(`${node.url}/api/v1/search?q=${name}`);
}

test('once the publisher is dead and its lease run out, its path leads to the other holder, and only there', async () => {
  const [publisher, holder, asker] = [network.node(1), network.node(2), network.node(3)];
  await put(publisher, 'path-of-the-dead.txt', 'the same bytes');
  await put(publisher, 'nobody-else-has-it.txt', 'other bytes');
  await put(holder, 'other-path.txt', 'the same bytes');
  assert.equal((await search(asker, 'path-of-the-dead.txt')).results[0]?.providers.length, 2);

  await publisher.end('SIGKILL');
  rmSync(publisher.data, { recursive: true, force: true });
  await until('the dead is no provider any more', LEASE_MS * 5, async () => {
    const addresses = (await search(asker, 'path-of-the-dead.txt')).results[0]?.providers.map(
      (provider) => provider.address,
    );
    assert.deepEqual(addresses, [new URL(holder.url).host]);
    return true;
  });
  const got = await anillo(['get', 'path-of-the-dead.txt', '-o', '-', '--node', asker.url]);
  assert.equal(got.stdout, 'the same bytes', got.stderr);

  const lost = await anillo(['get', 'nobody-else-has-it.txt', '-o', '-', '--node', asker.url]);
  assert.equal(lost.code, 4, 'it is known, and nobody who holds it can be reached');
});

test('the path lives on when every node that stored its record is gone, because the holder says it again', async () => {
  const [holder, asker] = [network.node(2), network.node(3)];
  for (const node of [asker, network.node(4)]) {
    await node.end('SIGKILL');
    rmSync(`${node.data}/records.db`, { force: true });
    rmSync(`${node.data}/records.db-wal`, { force: true });
    await node.start();
  }
  await until('the path is found', LEASE_MS * 10, async () => {
    const found = await search(asker, 'path-of-the-dead.txt');
    return (
      found.results[0]?.providers.some((provider) => provider.address === new URL(holder.url).host) ?? false
    );
  });
});
