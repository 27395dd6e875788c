/** The clients of the replaced system run unchanged: raw HTTP and gRPC, answers compared to the letter. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { credentials, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { request } from 'undici';
import { getJson, TestNetwork } from './network.ts';
import { until } from './until.ts';

let network: TestNetwork;

before(async () => {
  network = await TestNetwork.start({ nodes: 3 });
});
after(() => network.stop());

interface Part {
  readonly name: string;
  readonly value: string;
  readonly filename?: string;
}

/** A multipart body made by hand, as the older clients' libraries made it. */
function multipart(parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = 'older-client-boundary';
  const lines = parts.flatMap((part) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${part.filename === undefined ? '' : `; filename="${part.filename}"\r\nContent-Type: application/octet-stream`}\r\n\r\n`,
    part.value,
    '\r\n',
  ]);
  const body = Buffer.from(`${lines.join('')}--${boundary}--\r\n`);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

async function send(
  url: string,
  parts: readonly Part[],
): Promise<{ status: number; json: Record<string, unknown> }> {
  const answer = await request(url, { method: 'POST', ...multipart(parts) });
  return { status: answer.statusCode, json: (await answer.body.json()) as Record<string, unknown> };
}

function addressOf(url: string): string {
  return new URL(url).host;
}

test('the portmapper lists all nodes and the active ones by their addresses', async () => {
  const expected = network.nodes.map((node) => addressOf(node.url)).sort();
  const all = await getJson<{ all_nodes: string[]; active_nodes: string[] }>(
    `${network.portmapper.url}/all_nodes`,
  );
  assert.deepEqual(Object.keys(all).sort(), ['active_nodes', 'all_nodes']);
  assert.deepEqual([...all.all_nodes].sort(), expected);
  assert.deepEqual([...all.active_nodes].sort(), expected);
  const active = await getJson<{ active_nodes: string[] }>(`${network.portmapper.url}/active_nodes`);
  assert.deepEqual(Object.keys(active), ['active_nodes']);
  assert.deepEqual([...active.active_nodes].sort(), expected);
});

test('an upload through the portmapper reaches the node named, whichever field comes first', async () => {
  const target = network.node(2);
  const address = { name: 'node_address', value: addressOf(target.url) };
  for (const [name, parts] of [
    ['address first.txt', [address, { name: 'file', value: 'uno', filename: 'address first.txt' }]],
    ['file first.txt', [{ name: 'file', value: 'dos', filename: 'file first.txt' }, address]],
  ] as const) {
    const { status, json } = await send(`${network.portmapper.url}/upload/`, parts);
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(Object.keys(json), ['message']);
    assert.ok(readFileSync(join(target.share, name), 'utf8').length === 3);
  }
});

test('an upload to a node that the portmapper does not know is refused with 400 and a detail', async () => {
  const { status, json } = await send(`${network.portmapper.url}/upload/`, [
    { name: 'node_address', value: '127.0.0.1:1' },
    { name: 'file', value: 'x', filename: 'nowhere.txt' },
  ]);
  assert.equal(status, 400);
  assert.deepEqual(Object.keys(json), ['detail']);
});

test('a node takes an upload, lists it and gives it out', async () => {
  const node = network.node(1);
  const name = 'informe año 1.txt';
  const uploaded = await send(`${node.url}/upload/`, [{ name: 'file', value: 'contenido', filename: name }]);
  assert.equal(uploaded.status, 200);
  assert.deepEqual(Object.keys(uploaded.json).sort(), ['filename', 'message']);
  assert.equal(uploaded.json.filename, name);

  const index = await getJson<{ files: { filename: string; path: string }[] }>(`${node.url}/index`);
  assert.deepEqual(Object.keys(index), ['files']);
  assert.deepEqual(
    index.files.find((file) => file.filename === name),
    { filename: name, path: name },
  );

  const download = await request(`${node.url}/download/${encodeURIComponent(name)}`);
  assert.equal(download.statusCode, 200);
  assert.equal(download.headers['content-type'], 'application/octet-stream');
  assert.equal(await download.body.text(), 'contenido');
});

test('a file that is not there answers 404 with the older detail', async () => {
  const answer = await request(`${network.node(1).url}/download/nothing-here.bin`);
  assert.equal(answer.statusCode, 404);
  assert.deepEqual(await answer.body.json(), { detail: 'File not found' });
});

test('the portmapper finds an active node that holds the exact name, and answers 404 when none does', async () => {
  const holder = network.node(3);
  await send(`${holder.url}/upload/`, [{ name: 'file', value: 'z', filename: 'only-on-three.txt' }]);
  const found = await getJson<Record<string, string>>(`${network.portmapper.url}/search/only-on-three.txt`);
  assert.deepEqual(found, { node_address: addressOf(holder.url), filename: 'only-on-three.txt' });

  const missing = await request(`${network.portmapper.url}/search/nobody-has-this.txt`);
  assert.equal(missing.statusCode, 404);
  assert.deepEqual(Object.keys((await missing.body.json()) as object), ['detail']);
});

test('of nodes with equal bytes under different names, a search names the one that gives the file out by that name', async () => {
  const names = ['equal one.txt', 'equal two.txt', 'equal three.txt'];
  for (const [index, filename] of names.entries()) {
    await send(`${network.node(index + 1).url}/upload/`, [{ name: 'file', value: 'equal bytes', filename }]);
  }
  for (const name of names) {
    const path = encodeURIComponent(name);
    const { node_address } = await getJson<Record<string, string>>(
      `${network.portmapper.url}/search/${path}`,
    );
    const download = await request(`http://${node_address}/download/${path}`);
    assert.equal(download.statusCode, 200, name);
    assert.equal(await download.body.text(), 'equal bytes');
  }
});

test('dht.DHTService/Lookup names the node that the ring makes responsible, by any node asked', async () => {
  const definition = loadSync(join(import.meta.dirname, '../proto/dht/dht.proto'), { keepCase: true });
  const { DHTService } = loadPackageDefinition(definition).dht as unknown as {
    DHTService: ServiceClientConstructor;
  };
  const members = await getJson<{ nodes: { id: string; address: string }[] }>(
    `${network.portmapper.url}/api/v1/nodes`,
  );
  const ring = [...members.nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const key of ['a.txt', 'ñandú', '', 'x'.repeat(200)]) {
    const id = createHash('sha256').update(key).digest('hex');
    const owner = ring.find((node) => node.id >= id) ?? ring[0];
    for (const node of network.nodes) {
      const client = new DHTService(node.grpcAddress, credentials.createInsecure());
      const answer = await new Promise((resolve, reject) => {
        const lookup = client.Lookup as (m: object, o: object, cb: (e: unknown, a: unknown) => void) => void;
        lookup.call(client, { key }, { deadline: Date.now() + 10_000 }, (error, reply) =>
          error ? reject(error) : resolve(reply),
        );
      });
      client.close();
      assert.deepEqual(answer, { responsible_node: owner?.address });
    }
  }
});

test('an upload to a node that is away answers 503 with a detail, never the word queued; with none active the list is 404', async () => {
  await Promise.all(network.nodes.map((node) => node.end('SIGKILL')));
  const { status, json } = await send(`${network.portmapper.url}/upload/`, [
    { name: 'node_address', value: addressOf(network.node(1).url) },
    { name: 'file', value: 'x', filename: 'away.txt' },
  ]);
  assert.equal(status, 503);
  assert.deepEqual(Object.keys(json), ['detail']);
  assert.doesNotMatch(String(json.detail), /queue/i);

  await until('no node is active', 15_000, async () => {
    const answer = await request(`${network.portmapper.url}/active_nodes`);
    const body = (await answer.body.json()) as object;
    return answer.statusCode === 404 && Object.keys(body).join() === 'detail';
  });
});
