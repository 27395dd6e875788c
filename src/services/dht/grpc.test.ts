/** The service as any gRPC client sees it: raw calls over real sockets. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  Client,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { LocalDhtServiceService } from '../../generated/anillo/local/v1/local.ts';
import { RecordsServiceService } from '../../generated/anillo/records/v1/records.ts';
import { HelloRequest, RingServiceService } from '../../generated/anillo/ring/v1/ring.ts';
import { LookupRequest, LookupResponse } from '../../generated/dht/dht.ts';
import { PROTOCOL_MAJOR } from '../../identity/protocol.ts';
import type { Problem } from '../../problems/problem.ts';
import { askNetwork } from './ask-network.ts';
import {
  NETWORK,
  ownerOf,
  startTestDht,
  startTestRing,
  temporaryFolder,
  until,
  untilOneRing,
} from './dht.test-support.ts';
import { makeHello } from './hello.ts';
import { LifeMarks } from './life-marks.ts';
import { LocalDht } from './local-client.ts';
import { readLocalToken, TOKEN_KEY } from './local-token.ts';
import { encodeBriefly, encodeExchange } from './ring-codec.ts';

interface Answered {
  readonly error: ServiceError | null;
  readonly bytes: Buffer;
}

function call(
  address: string,
  path: string,
  request: Uint8Array,
  metadata = new Metadata(),
  timeoutMs = 5_000,
): Promise<Answered> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + timeoutMs };
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(request), metadata, options, (error, bytes) => {
      client.close();
      resolve({ error, bytes: bytes ?? Buffer.alloc(0) });
    });
  });
}

function codeOf({ error }: Answered): unknown {
  return error?.metadata.get('anillo-code')[0];
}

test('dht.DHTService/Lookup answers the index address of the node responsible for SHA-256 of the text', async (t) => {
  const nodes = await startTestRing(t, 3);
  for (const key of ['archivo.txt', 'con espacios y ñ', '', 'other']) {
    const owner = ownerOf(nodes, createHash('sha256').update(key).digest('hex'));
    for (const node of nodes) {
      const request = LookupRequest.encode({ key }).finish();
      const { error, bytes } = await call(node.address, '/dht.DHTService/Lookup', request);
      assert.equal(error, null);
      assert.deepEqual(LookupResponse.decode(bytes), {
        responsibleNode: `index-of-${owner.slice(0, 8)}:5000`,
      });
    }
  }
});

test('health says SERVING once the node is a ring member, and not before', async (t) => {
  const nobody = { join: ['127.0.0.1:1'] };
  const waiting = await startTestDht(t, { dataDir: temporaryFolder(t), ...nobody });
  const member = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const { grpc } = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
    grpc: { health: { v1: { Health: new (address: string, creds: unknown) => HealthClient } } };
  };
  const ask = (address: string) =>
    new Promise<string>((resolve, reject) => {
      const client = new grpc.health.v1.Health(address, credentials.createInsecure());
      client.check({ service: '' }, (error, answer) => {
        client.close();
        if (error === null) resolve(answer.status);
        else reject(error);
      });
    });
  await until('the member serves', async () => (await ask(member.address)) === 'SERVING');
  assert.equal(await ask(waiting.address), 'NOT_SERVING');
});

interface HealthClient extends Client {
  check(request: object, done: (error: ServiceError | null, answer: { status: string }) => void): void;
}

test('reflection lists every service of the contracts', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const client = new Client(node.address, credentials.createInsecure());
  t.after(() => client.close());
  // ServerReflectionRequest { list_services = "" }: field 7, length 0.
  const stream = client.makeBidiStreamRequest(
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  const listed = new Promise<string>((resolve, reject) => {
    stream.on('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
    stream.on('error', reject);
  });
  stream.write(Buffer.from([0x3a, 0]));
  const names = await listed;
  stream.end();
  for (const service of [
    'anillo.ring.v1.RingService',
    'anillo.records.v1.RecordsService',
    'anillo.local.v1.LocalDhtService',
    'dht.DHTService',
  ]) {
    assert.ok(names.includes(service), service);
  }
});

test('who gives a lookup or a find less time than it may take hears in that time why it failed', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t), join: ['127.0.0.1:1'] });
  const request = Buffer.from(LookupRequest.encode({ key: 'a key' }).finish());
  const path = '/dht.DHTService/Lookup';
  assert.equal(codeOf(await call(node.address, path, request, new Metadata(), 1_000)), 'not_ready');
  const local = new LocalDht({ address: () => node.address, dataDir: node.dataDir });
  t.after(() => local.close());
  const key = local.keyOf('text', 'a key');
  await assert.rejects(local.lookup(key, 1_000), { code: 'not_ready' });
  await assert.rejects(
    local.find(key, 1, 1_000),
    (error: Problem) => error.code === 'not_ready' || error.details.what === 'the.ring',
  );
});

test('the local interface refuses who does not bring the token of the data directory', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const other = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const path = LocalDhtServiceService.status.path;
  for (const token of [null, '', 'wrong', readLocalToken(other.dataDir)]) {
    const metadata = new Metadata();
    if (token !== null) metadata.set(TOKEN_KEY, token);
    const refused = await call(node.address, path, Buffer.alloc(0), metadata);
    assert.equal(refused.error?.code, status.UNAUTHENTICATED);
    assert.equal(codeOf(refused), 'unauthenticated');
  }
  const streamed = new LocalDht({ address: () => node.address, dataDir: other.dataDir });
  t.after(() => streamed.close());
  await assert.rejects(streamed.ring(), { code: 'unauthenticated' });
});

test('over the local interface the DHT answers as it does inside its process', async (t) => {
  const nodes = await startTestRing(t, 3);
  const [node] = nodes;
  assert.ok(node);
  const local = new LocalDht({ address: () => node.address, dataDir: node.dataDir });
  t.after(() => local.close());
  assert.deepEqual(await local.status(), await node.api.status());
  assert.deepEqual(await local.ring(), await node.api.ring());
  const key = local.keyOf('text', 'a key');
  const { ms: _, path: __, ...lookup } = await local.lookup(key);
  const { ms: ___, path: ____, ...expected } = await node.api.lookup(key);
  assert.deepEqual(lookup, expected);
  assert.deepEqual(await local.find(key, 10), await node.api.find(key, 10));
  assert.deepEqual(await local.publish({ wait: false, timeoutMs: 1_000 }), { pending: 0 });
});

test('a DHT process that is not there is unreachable, with a hint', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  await node.stop({ leave: false });
  const local = new LocalDht({ address: () => node.address, dataDir: node.dataDir });
  t.after(() => local.close());
  await assert.rejects(local.status(), { code: 'unreachable' });
});

test('another major version is refused by its name, an unknown minor is welcome', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const path = RingServiceService.hello.path;
  const hello = makeHello(NETWORK, undefined);
  const other = HelloRequest.encode({ ...hello, protocolMajor: PROTOCOL_MAJOR + 1 }).finish();
  const refused = await call(node.address, path, other);
  assert.equal(refused.error?.code, status.PERMISSION_DENIED);
  assert.equal(codeOf(refused), 'other_version');
  const newer = HelloRequest.encode({ ...hello, protocolMinor: 99 }).finish();
  assert.equal((await call(node.address, path, newer)).error, null);
});

test('requests for another network, another node, or that cannot be read are refused with their code', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const path = RingServiceService.exchange.path;
  const somebody = { id: 'ab'.repeat(32), incarnation: 1, address: '127.0.0.1:1' };
  const self = { id: node.id, incarnation: (await node.api.status()).incarnation, address: node.address };
  const tag = Buffer.from(NETWORK, 'hex').readBigUInt64BE();
  const ping = { type: 'ping' } as const;
  const refusals: [string, Uint8Array][] = [
    ['other_network', encodeExchange(tag + 1n, somebody, self, ping)],
    ['wrong_node', encodeExchange(tag, somebody, somebody, ping)],
    ['bad_request', Buffer.from('not a message')],
    ['too_large', Buffer.alloc(64 * 1024 + 1)],
    ['forbidden', encodeExchange(tag, { ...self, incarnation: self.incarnation + 1 }, self, ping)],
  ];
  for (const [code, bytes] of refusals) assert.equal(codeOf(await call(node.address, path, bytes)), code);
  assert.equal((await call(node.address, path, encodeExchange(tag, somebody, self, ping))).error, null);
  const marks = new LifeMarks(NETWORK, self);
  const brief = await call(node.address, path, encodeBriefly(marks.of(somebody), marks.own, ping));
  assert.equal(brief.error, null);
  assert.equal(brief.bytes.length, 0, 'one that never said Hello is asked who it is');
  const records = RecordsServiceService.fetch.path;
  const long = await call(node.address, records, Buffer.alloc(1024 * 1024 + 1));
  assert.equal(codeOf(long), 'too_large', 'records come in messages of 1 MiB at most');
  const huge = await call(node.address, path, Buffer.alloc(2 * 1024 * 1024));
  assert.equal(huge.error?.code, status.RESOURCE_EXHAUSTED);
  await untilOneRing([node]);
});

test('whoever has no network yet learns a node’s by asking', async (t) => {
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  assert.equal(await askNetwork(node.address, 2_000, t.signal), NETWORK);
  await node.stop({ leave: false });
  await assert.rejects(askNetwork(node.address, 2_000, t.signal), { code: 'unreachable' });
});
