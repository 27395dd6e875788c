/** A node whose services are processes of their own, beside a second node that is whole and watches from outside. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { freePorts, getJson, Part, TestNode } from './network.ts';
import { until } from './until.ts';

const SERVICES = ['dht', 'index', 'upload', 'download'] as const;
type Service = (typeof SERVICES)[number];

export interface ApartStory {
  readonly uploads: number;
  /** Within this every acknowledged file is listed, published and readable. */
  readonly settleWithinMs: number;
}

export class ApartNetwork {
  readonly folder: string;
  readonly witness: TestNode;
  readonly services: Readonly<Record<Service, Part>>;

  private constructor(folder: string, witness: TestNode, services: Readonly<Record<Service, Part>>) {
    this.folder = folder;
    this.witness = witness;
    this.services = services;
  }

  static async start(): Promise<ApartNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'anillo-apart-'));
    const ports = await freePorts(3 + SERVICES.length);
    const [rest = 0, grpc = 0, ownGrpc = 0] = ports;
    const witness = new TestNode('witness', folder, rest, grpc, []);
    const share = join(folder, 'apart', 'shared');
    mkdirSync(share, { recursive: true });
    const part = (service: Service, index: number): Part => {
      const port = ports[3 + index] ?? 0;
      const own =
        service === 'dht'
          ? ['--grpc-port', `${ownGrpc}`, '--join', witness.grpcAddress]
          : ['--dht', `127.0.0.1:${ownGrpc}`];
      const args = [
        'node',
        '--share',
        share,
        '--data',
        join(folder, 'apart', 'data'),
        '--services',
        service,
        '--port',
        `${port}`,
        ...own,
      ];
      return new Part(service, `http://127.0.0.1:${port}`, args, join(folder, `${service}.log`));
    };
    const services = Object.fromEntries(
      SERVICES.map((service, index) => [service, part(service, index)]),
    ) as Record<Service, Part>;
    const network = new ApartNetwork(folder, witness, services);
    try {
      await witness.start();
      await services.dht.start();
      await Promise.all(
        [services.index, services.upload, services.download].map((service) => service.start()),
      );
    } catch (error) {
      await network.stop();
      throw error;
    }
    return network;
  }

  async stop(): Promise<void> {
    await Promise.all([this.witness, ...Object.values(this.services)].map((part) => part.end('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function tellApartStory(
  network: ApartNetwork,
  story: ApartStory,
): Promise<{ acknowledged: number }> {
  const acknowledged = new Map<string, string>();
  let sent = 0;
  let kills = 0;
  const killing = (async () => {
    for (const service of SERVICES) {
      const share = Math.round((story.uploads * (SERVICES.indexOf(service) + 0.5)) / SERVICES.length);
      await until(`${share} uploads were sent`, story.settleWithinMs * 10, () => sent >= share);
      await network.services[service].end('SIGKILL');
      await network.services[service].start();
      kills += 1;
    }
  })();

  for (; sent < story.uploads; sent += 1) {
    const name = `incoming/file-${sent}.txt`;
    const content = `content of ${name}`;
    await until(`${name} is acknowledged`, story.settleWithinMs, async () => {
      const answer = await request(
        `${network.services.upload.url}/api/v1/files?name=${encodeURIComponent(name)}`,
        {
          method: 'PUT',
          body: content,
          headersTimeout: 15_000,
        },
      );
      await answer.body.dump();
      return answer.statusCode === 201;
    });
    acknowledged.set(name, content);
  }
  await killing;
  assert.equal(kills, SERVICES.length);

  for (const [name, content] of acknowledged) {
    await until(`${name} is published and readable`, story.settleWithinMs, async () => {
      const found = await getJson<{
        results: { name: string; cid: string; providers: { download: string }[] }[];
      }>(`${network.witness.url}/api/v1/search?q=${encodeURIComponent(name)}`);
      const result = found.results.find((candidate) => candidate.name === name);
      const provider = result?.providers[0];
      if (result === undefined || provider === undefined) return false;
      const answer = await request(`http://${provider.download}/ipfs/${result.cid}`);
      return (await answer.body.text()) === content;
    });
  }
  return { acknowledged: acknowledged.size };
}
