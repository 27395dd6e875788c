/** What must be refused is refused with the contract's clear error, and leaves nothing changed. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { anillo } from './anillo.ts';
import { freePorts, getJson, statusOf, TestNetwork } from './network.ts';
import { sendRaw } from './raw-http.ts';
import { until } from './until.ts';

let network: TestNetwork;
let scratch: string;

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'anillo-bad-'));
  network = await TestNetwork.start({ nodes: 2 });
});
after(async () => {
  await network.stop();
  rmSync(scratch, { recursive: true, force: true });
});

/** Everything under the network's folder, but databases and logs that change by themselves. */
function tree(): string[] {
  return readdirSync(network.folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /shared(\/|$)/.test(name))
    .sort();
}

const ESCAPES = [
  '../x',
  '..%2fx',
  '%2e%2e%2fx',
  'a/../../x',
  'a%2f..%2f..%2fx',
  '%2fetc%2fpasswd',
  '/etc/passwd',
  'a%00b',
  '..\\x/../y',
  '.anillo/x',
];

test('names that leave the folder are refused on every route, and nothing is written', async () => {
  const before = tree();
  const { url } = network.node(1);
  const { host } = new URL(url);
  for (const name of ESCAPES) {
    const put = await sendRaw(
      url,
      `PUT /api/v1/files?name=${name} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: 1\r\n\r\nx`,
    );
    assert.equal(put.status, 400, `PUT ${name}: ${put.body}`);
    assert.match(put.body, /"code":"bad_(name|request)"/);
    const got = await sendRaw(
      url,
      `GET /download/${name} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    assert.ok(got.status === 404 || got.status === 400, `GET /download/${name}: ${got.status}`);
    assert.doesNotMatch(got.body, /root:/);

    const decoded = decodeURIComponent(name);
    const body = `--b\r\nContent-Disposition: form-data; name="file"; filename="${decoded}"\r\n\r\nx\r\n--b--\r\n`;
    const older = await sendRaw(
      url,
      `POST /upload/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    assert.equal(older.status, 400, `older upload of ${JSON.stringify(decoded)}: ${older.body}`);
    assert.match(older.body, /"detail":/);
  }
  assert.deepEqual(tree(), before);
  assert.equal(existsSync(join(network.folder, 'x')), false);
});

test('a symlink that leads out is neither listed nor served', async () => {
  const node = network.node(1);
  writeFileSync(join(scratch, 'secret'), 'secret');
  symlinkSync(join(scratch, 'secret'), join(node.share, 'link.txt'));
  symlinkSync(scratch, join(node.share, 'linked-folder'));
  writeFileSync(join(node.share, 'beside.txt'), 'beside');
  await until('the file beside the links is listed', 15_000, async () => {
    const { files } = await getJson<{ files: { name: string }[] }>(`${node.url}/api/v1/files`);
    return files.some((file) => file.name === 'beside.txt');
  });
  const { files } = await getJson<{ files: { name: string }[] }>(`${node.url}/api/v1/files`);
  assert.ok(!files.some((file) => file.name.startsWith('link')));
  for (const name of ['link.txt', 'linked-folder/secret']) {
    assert.equal(await statusOf(`${node.url}/download/${encodeURIComponent(name)}`), 404);
    const put = await request(`${node.url}/api/v1/files?name=${encodeURIComponent('linked-folder/new')}`, {
      method: 'PUT',
      body: 'x',
    });
    await put.body.dump();
    assert.equal(put.statusCode, 400);
  }
  assert.deepEqual(readdirSync(scratch), ['secret']);
});

test('a body that stops half-way leaves nothing, by either upload route', async () => {
  const node = network.node(1);
  const { host } = new URL(node.url);
  const before = tree();
  await sendRaw(
    node.url,
    `PUT /api/v1/files?name=half.bin HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(50_000)}`,
    true,
  );
  await sendRaw(
    node.url,
    `POST /upload/ HTTP/1.1\r\nHost: ${host}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\n${'x'.repeat(50_000)}`,
    true,
  );
  await until('nothing of the halves is left', 10_000, () => {
    assert.deepEqual(tree(), before);
    return true;
  });
  const { files } = await getJson<{ files: { name: string }[] }>(`${node.url}/api/v1/files`);
  assert.ok(!files.some((file) => file.name.startsWith('half')));
});

test('malformed CIDs answer 400 bad_cid, and a well-formed one that nobody has 404', async () => {
  const { url } = network.node(1);
  for (const cid of ['nonsense', 'Qm', 'bafy', `b${'a'.repeat(300)}`, '%00', 'zb2rhe5P4']) {
    const answer = await request(`${url}/ipfs/${cid}`);
    const body = await answer.body.text();
    assert.equal(answer.statusCode, 400, `${cid}: ${body}`);
  }
  assert.equal(
    await statusOf(`${url}/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku`),
    404,
  );
  const ran = await anillo(['get', 'bafynonsense', '--node', url]);
  assert.ok(ran.code === 2 || ran.code === 3, `${ran.code} ${ran.stderr}`);
});

test('commands say in one line what is wrong, and exit as the contract says', async () => {
  const [dead = 0] = await freePorts(1);
  const { url } = network.portmapper;
  const cases: readonly (readonly [string[], number])[] = [
    [['put', join(scratch, 'secret'), '--to', '127.0.0.1:1', '--portmapper', url], 3],
    [['get', 'no-such-file', '--portmapper', url], 3],
    [['ls', '--portmapper', `http://127.0.0.1:${dead}`], 4],
    [['get', 'x', '--node', `http://127.0.0.1:${dead}`], 4],
    [['put', join(scratch, 'does-not-exist'), '--portmapper', url], 3],
    [['no-such-command'], 2],
    [['lookup', '--portmapper', url], 2],
    [['keep', 'x'], 2],
  ];
  for (const [args, code] of cases) {
    const ran = await anillo(args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.code} ${ran.stderr}`);
    assert.notEqual(ran.stderr.trim(), '', args.join(' '));
    assert.doesNotMatch(ran.stderr, /\n\s+at /, 'no stack trace');
  }
});

test('a node is refused where its host is not loopback, its port is taken or its data is in use', async () => {
  const running = network.node(1);
  const [port = 0, grpcPort = 0] = await freePorts(2);
  const fresh = ['node', '--share', join(scratch, 'share'), '--data', join(scratch, 'data')];
  const ports = ['--port', `${port}`, '--grpc-port', `${grpcPort}`];
  const outside = await anillo([...fresh, ...ports, '--host', '0.0.0.0']);
  assert.equal(outside.code, 5, outside.stderr);
  assert.match(outside.stderr, /--insecure/);

  const taken = await anillo([...fresh, '--port', new URL(running.url).port, '--grpc-port', `${grpcPort}`]);
  assert.equal(taken.code, 1, taken.stderr);
  assert.match(taken.stderr, new RegExp(new URL(running.url).port));

  const inUse = await anillo(['node', '--share', running.share, '--data', running.data, ...ports]);
  assert.equal(inUse.code, 1, inUse.stderr);
  assert.match(inUse.stderr, /already/);
  assert.equal(await statusOf(`${running.url}/readyz`), 200);
});

test('a bad configuration file is complained about as a whole, with lines, and nothing starts', async () => {
  const file = join(scratch, 'anillo.yaml');
  writeFileSync(file, 'port: many\nno-such-key: 1\nshare: 7\n');
  const ran = await anillo(['node', '--config', file]);
  assert.equal(ran.code, 2, ran.stderr);
  for (const line of [1, 2, 3])
    assert.match(ran.stderr, new RegExp(`:${line}\\b|line ${line}\\b`), ran.stderr);
});

test('a node whose portmapper is not there, or belongs to another network, does not start', async () => {
  const [port = 0, grpcPort = 0, dead = 0] = await freePorts(3);
  const start = (portmapper: string, data: string) =>
    anillo([
      'node',
      '--share',
      join(scratch, 'other-share'),
      '--data',
      data,
      '--port',
      `${port}`,
      '--grpc-port',
      `${grpcPort}`,
      '--portmapper',
      portmapper,
    ]);
  const nobody = await start(`http://127.0.0.1:${dead}`, join(scratch, 'fresh-data'));
  assert.equal(nobody.code, 4, nobody.stderr);

  const other = await TestNetwork.start({ nodes: 1 });
  try {
    await other.node(1).end('SIGTERM');
    const foreign = await start(network.portmapper.url, other.node(1).data);
    assert.equal(foreign.code, 5, foreign.stderr);
    assert.match(foreign.stderr, /network/);
  } finally {
    await other.stop();
  }
});

test('an unmounted shared folder suspends the library and withdraws nothing', async () => {
  const node = network.node(2);
  writeFileSync(join(node.share, 'on-the-disk.txt'), 'here');
  const found = async () =>
    (await getJson<{ results: unknown[] }>(`${network.node(1).url}/api/v1/search?q=on-the-disk.txt`)).results
      .length;
  await until('the file is found', 20_000, async () => (await found()) === 1);
  const away = `${node.share}-unmounted`;
  renameSync(node.share, away);
  const libraryState = async () =>
    (await getJson<{ library: { state: string } }>(`${node.url}/api/v1/status`)).library.state;
  await until('the library is suspended', 20_000, async () => (await libraryState()) === 'suspended');
  assert.equal(await found(), 1);
  renameSync(away, node.share);
  await until('the library is ready again', 45_000, async () => (await libraryState()) === 'ready');
  const answer = await request(`${node.url}/download/on-the-disk.txt`);
  assert.equal(await answer.body.text(), 'here');
});
