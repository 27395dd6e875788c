import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { NodeKey } from '../../identity/node-key.ts';
import type { Contact, RingRequest } from '../../ring/message.ts';
import { NETWORK, SILENT, startTestDht, temporaryFolder, until, untilOneRing } from './dht.test-support.ts';
import { openGrpcListener } from './grpc-listener.ts';
import { contactOf } from './hello.ts';
import { OwnDescriptor } from './own-descriptor.ts';
import { Peers } from './peers.ts';
import type { Answer } from './ring-codec.ts';
import { ringService } from './ring-server.ts';
import { ringTraffic } from './traffic.ts';

const PING: RingRequest = { type: 'ping' };
const NOWHERE = { dht: null, index: null, upload: null, download: null, messaging: null };

function descriptorOf(t: TestContext, address: string): OwnDescriptor {
  const identity = { key: NodeKey.generate(), networkId: NETWORK, incarnation: 1, address };
  const own = new OwnDescriptor({ ...identity, endpoints: () => NOWHERE, labels: {}, version: '0' }, 60_000);
  t.after(() => own.stop());
  return own;
}

/** Peers of a node that listens nowhere. */
function callOut(t: TestContext): Peers {
  const own = descriptorOf(t, '127.0.0.1:1');
  const peers = new Peers(own, SILENT);
  t.after(() => peers.stop());
  return peers;
}

function ask(peers: Peers, to: Contact, timeoutMs = 5_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    peers.exchange(to, PING, timeoutMs, (error, answer) => {
      if (answer === null) reject(error);
      else resolve(answer);
    });
  });
}

test('a peer that came back at its address is greeted again, and only its present life is spoken to', async (t) => {
  const peers = callOut(t);
  const dataDir = temporaryFolder(t);
  const first = await startTestDht(t, { dataDir });
  const before = contactOf(await peers.meet(first.address, 5_000));
  assert.equal((await ask(peers, before)).reply.type, 'pong');
  assert.ok(await peers.records(before, 5_000));

  await first.stop({ leave: false });
  await assert.rejects(peers.records(before, 5_000), { code: 'unreachable' });
  const again = await startTestDht(t, { dataDir, port: first.port });
  const answer = await ask(peers, before);
  assert.equal(answer.reply.type, 'otherIncarnation');
  assert.ok(answer.from.incarnation > before.incarnation);
  assert.equal(peers.descriptor(again.id)?.incarnation, answer.from.incarnation);
  await assert.rejects(peers.records(before, 5_000), { code: 'wrong_node' });
  assert.ok(await peers.records(answer.from, 5_000));
});

test('after Hello, messages name both ends by their marks; one that forgot the marks is told in full', async (t) => {
  const listener = await openGrpcListener('127.0.0.1', 0);
  t.after(() => listener.close());
  const own = descriptorOf(t, listener.address);
  const heard: boolean[] = [];
  const theirs = new Peers(own, SILENT);
  t.after(() => theirs.stop());
  const { service, handlers } = ringService(own, theirs, {
    answer: ({ isBrief }, done) => {
      heard.push(isBrief);
      done({ type: 'pong', joined: true });
      return 1;
    },
    forget: () => {},
  });
  listener.server.addService(service, handlers);
  const peers = callOut(t);
  const before = ringTraffic.sentBytes;
  assert.equal((await ask(peers, own.contact)).from.id, own.contact.id);
  const withHello = ringTraffic.sentBytes - before;
  assert.equal((await ask(peers, own.contact)).from.id, own.contact.id);
  const brief = ringTraffic.sentBytes - before - withHello;
  assert.ok(brief <= 40, `${brief} bytes for a question and its answer`);
  t.mock.method(theirs.lives, 'contact', () => null);
  assert.equal((await ask(peers, own.contact)).reply.type, 'pong');
  assert.equal((await ask(peers, own.contact)).reply.type, 'pong');
  t.mock.restoreAll();
  await peers.meet(own.contact.address, 5_000);
  assert.equal((await ask(peers, own.contact)).reply.type, 'pong');
  assert.deepEqual(heard, [true, true, false, false, true]);
});

test('at an address where another node lives now, nobody answers for the one before', async (t) => {
  const peers = callOut(t);
  const first = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const before = contactOf(await peers.meet(first.address, 5_000));
  await first.stop({ leave: false });
  await startTestDht(t, { dataDir: temporaryFolder(t), port: first.port });
  await assert.rejects(ask(peers, before), { code: 'wrong_node' });
});

test('one that takes the connection and says nothing costs no more than the time given', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const mute = { id: 'ab'.repeat(32), incarnation: 1, address };
  await assert.rejects(ask(callOut(t), mute, 50), { code: 'deadline' });
});

test('a descriptor is asked for once, and then known', async (t) => {
  const peers = callOut(t);
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  await untilOneRing([node]);
  const { incarnation } = await node.api.status();
  const contact = { id: node.id, incarnation, address: node.address };
  assert.equal(peers.descriptor(node.id), null);
  assert.equal((await peers.describe(contact, 5_000))?.endpoints.dht, node.address);
  await node.stop({ leave: false });
  assert.equal((await peers.describe(contact, 5_000))?.endpoints.dht, node.address);
  const stranger = { ...contact, id: 'cd'.repeat(32) };
  assert.equal(await peers.describe(stranger, 5_000), null);
});

test('a break is noticed without a call', async (t) => {
  const peers = callOut(t);
  const node = await startTestDht(t, { dataDir: temporaryFolder(t) });
  const contact = contactOf(await peers.meet(node.address, 5_000));
  await node.stop({ leave: false });
  await until('records are refused at once', async () => {
    const outcome = await peers.records(contact, 5_000).catch((error: { code: string }) => error.code);
    return outcome === 'unreachable';
  });
});
