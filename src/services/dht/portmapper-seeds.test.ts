/** Nodes that know nobody but a portmapper: a small one of the test's own, which says no more than the contract lets it. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Descriptor } from '../../generated/anillo/ring/v1/ring.ts';
import { Problem } from '../../problems/problem.ts';
import { NETWORK, startTestDht, temporaryFolder, until, untilOneRing } from './dht.test-support.ts';

interface Seed {
  readonly id: string;
  readonly incarnation: number;
  readonly address: string;
}

interface Report {
  readonly signed: string;
  readonly descriptor?: { readonly descriptor: string };
}

/** Lets the first that asks found, and nobody else while that one is not on the ring. */
class SmallPortmapper {
  readonly #known = new Map<string, Seed>();
  readonly #joined = new Set<string>();
  #founder: string | null = null;
  founders = 0;

  answer({ signed, descriptor }: Report) {
    const { id, act, report } = JSON.parse(signed) as {
      id: string;
      act: string;
      report: { joined: boolean };
    };
    if (descriptor !== undefined) this.#learn(id, Buffer.from(descriptor.descriptor, 'base64'));
    if (report.joined && act !== 'leave') this.#joined.add(id);
    else this.#joined.delete(id);
    const seeds = [...this.#joined]
      .map((joined) => this.#known.get(joined))
      .filter((seed) => seed !== undefined);
    if (seeds.length === 0 && this.#founder === null) {
      this.#founder = id;
      this.founders++;
    }
    const mayFound = seeds.length === 0 && this.#founder === id;
    return { networkId: NETWORK, seeds, mayFound, heartbeatIntervalMs: 500 };
  }

  name(seed: Seed): void {
    this.#known.set(seed.id, seed);
    this.#joined.add(seed.id);
  }

  #learn(id: string, bytes: Buffer): void {
    const { incarnation, endpoints } = Descriptor.decode(bytes);
    this.#known.set(id, { id, incarnation: Number(incarnation), address: endpoints?.dht ?? '' });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function startPortmapper(t: TestContext): Promise<{ url: string; portmapper: SmallPortmapper }> {
  const portmapper = new SmallPortmapper();
  const server = createServer(async (request, response) => {
    const answer = portmapper.answer(JSON.parse(await bodyOf(request)) as Report);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, portmapper };
}

test('five nodes that start at once with one portmapper become one ring, made by one of them', async (t) => {
  const { url, portmapper } = await startPortmapper(t);
  const start = () => startTestDht(t, { dataDir: temporaryFolder(t), portmappers: [url] });
  const nodes = await Promise.all(Array.from({ length: 5 }, start));
  await untilOneRing(nodes);
  assert.equal(portmapper.founders, 1);
});

test('two rings that were made apart become one when a portmapper names the one to the other', async (t) => {
  const [one, other] = await Promise.all([startPortmapper(t), startPortmapper(t)]);
  const startAt = ({ url }: { url: string }) =>
    startTestDht(t, { dataDir: temporaryFolder(t), portmappers: [url] });
  const [first, second] = await Promise.all([startAt(one), startAt(other)]);
  await Promise.all([untilOneRing([first]), untilOneRing([second])]);
  const { id, incarnation } = await first.api.status();
  other.portmapper.name({ id, incarnation, address: first.address });
  await untilOneRing([first, second]);
});

test('a node that remembers members starts and joins with its portmapper down', async (t) => {
  const { url } = await startPortmapper(t);
  const portmappers = [url];
  const start = (dataDir: string, given = portmappers) => startTestDht(t, { dataDir, portmappers: given });
  const nodes = await Promise.all([start(temporaryFolder(t)), start(temporaryFolder(t))]);
  await untilOneRing(nodes);
  const [staying, going] = nodes;
  await going.stop({ leave: true });
  await until('the other is alone', async () => (await staying.api.status()).successors.length === 0);
  const nobodyThere = ['http://127.0.0.1:1'];
  await untilOneRing([staying, await start(going.dataDir, nobodyThere)]);
});

test('a node whose only portmapper is of another network stops and says so', async (t) => {
  const server = createServer((_, response) => {
    const problem = new Problem('other_network', { address: 'the portmapper', theirs: 'b', ours: 'a' });
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify(problem.toDocument()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const portmappers = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
  const node = await startTestDht(t, { dataDir: temporaryFolder(t), portmappers });
  await until('it stops', () => node.problems.length > 0);
  assert.equal(node.problems[0]?.code, 'other_network');
});
