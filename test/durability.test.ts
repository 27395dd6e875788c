/** `kill -9` at any moment: what was acknowledged is there after the restart, what was not leaves nothing. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { below, chance, randomBytes } from './chance.ts';
import { getJson, TestNetwork } from './network.ts';
import { until } from './until.ts';

const random = chance('durability');

const KILLS = 5;
let network: TestNetwork;

before(async () => {
  network = await TestNetwork.start({ nodes: 2 });
});
after(() => network.stop());

interface Listed {
  readonly files: readonly { readonly name: string; readonly cid: string; readonly size: number }[];
}

test('a node killed at random moments of uploads keeps every acknowledged file, lists no half and leaves no temporary', async () => {
  const node = network.node(1);
  const acknowledged = new Map<string, Buffer>();
  const sent = new Map<string, Buffer>();
  let number = 0;
  const upload = async (): Promise<void> => {
    number += 1;
    const name = `upload-${number}.bin`;
    const content = randomBytes(random, 1 + below(random, 3_000_000));
    sent.set(name, content);
    const answer = await request(`${node.url}/api/v1/files?name=${name}`, { method: 'PUT', body: content });
    await answer.body.dump();
    if (answer.statusCode === 201) acknowledged.set(name, content);
  };

  for (let kill = 0; kill < KILLS; kill += 1) {
    const killAfter = acknowledged.size + 1 + below(random, 6);
    let dead = false;
    const uploads = Array.from({ length: 3 }, async () => {
      while (!dead) await upload().catch(() => undefined);
    });
    await until(`${killAfter} uploads are acknowledged`, 30_000, () => acknowledged.size >= killAfter);
    await node.end('SIGKILL');
    dead = true;
    await Promise.all(uploads);
    await node.start();
  }

  await until('nothing waits under .anillo/incoming', 10_000, () => {
    assert.deepEqual(readdirSync(join(node.share, '.anillo', 'incoming')), []);
    return true;
  });
  await until('every acknowledged file is listed', 20_000, async () => {
    const names = new Set(
      (await getJson<Listed>(`${node.url}/api/v1/files?limit=1000`)).files.map((file) => file.name),
    );
    assert.deepEqual(
      [...acknowledged.keys()].filter((name) => !names.has(name)),
      [],
    );
    return true;
  });
  const { files } = await getJson<Listed>(`${node.url}/api/v1/files?limit=1000`);
  for (const file of files) {
    const answer = await request(`${node.url}/ipfs/${file.cid}`);
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    assert.ok(sent.get(file.name)?.equals(bytes), `${file.name} is whole`);
  }
  for (const name of acknowledged.keys()) {
    await until(`${name} is found on the ring`, 30_000, async () => {
      const answer = await getJson<{ results: unknown[] }>(`${network.node(2).url}/api/v1/search?q=${name}`);
      return answer.results.length === 1;
    });
  }
});
