/** For tests: a portmapper with nodes that answer what the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import { FakeNode } from '../../test/fake-node.ts';
import type { NodeList } from '../client/schemas/portmapper-routes.ts';
import type { NodeState, SearchAnswer, SearchResult } from '../client/schemas/shared.ts';
import type { Timings } from './availability.ts';
import { type PortmapperConfig, type RunningPortmapper, startPortmapper } from './portmapper.ts';

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
/** Silence shows after 0.6 s in place of 7.5, so that the stories are short. */
export const QUICK: Timings = { heartbeatIntervalMs: 100, suspectAfterMs: 400, inactiveAfterMs: 600 };

export class TestPortmapper {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'anillo-portmapper-'));
  nodes: FakeNode[] = [];
  #running: RunningPortmapper | null = null;

  get running(): RunningPortmapper {
    if (this.#running === null) throw new Error('the portmapper was not started');
    return this.#running;
  }

  get config(): PortmapperConfig {
    const log = pino({ level: 'silent' });
    return { host: '127.0.0.1', port: 0, dataDir: this.dataDir, insecure: false, version: '1.2.3', log };
  }

  async start(timings?: Timings): Promise<void> {
    this.#running = await startPortmapper(timings === undefined ? this.config : { ...this.config, timings });
  }

  async get<Answer>(path: string): Promise<{ status: number; json: Answer }> {
    const { statusCode, body } = await request(`http://${this.running.address}${path}`);
    return { status: statusCode, json: (await body.json()) as Answer };
  }

  async addNode(): Promise<FakeNode> {
    const node = await new FakeNode(this.running.networkId).listen();
    this.nodes.push(node);
    await node.speak(this.running.address, 'register');
    return node;
  }

  async stateOf(node: FakeNode): Promise<NodeState | undefined> {
    const { json } = await this.get<NodeList>('/api/v1/nodes');
    return json.nodes.find(({ id }) => id === node.id)?.state;
  }

  async close(): Promise<void> {
    await this.#running?.stop();
    await Promise.all(this.nodes.map((node) => node.close()));
    rmSync(this.dataDir, { recursive: true });
  }
}

export function listed(name: string) {
  return { name, cid: CID, size: 1, type: 'text/plain', modified: 1, why: 'own' };
}

export function result(name: string, modified: number, holders: readonly FakeNode[]): SearchResult {
  const providers = holders.map(({ id, address }) => ({
    id,
    address,
    download: address,
    state: 'active' as const,
  }));
  const { id: publisher } = holders[0] as FakeNode;
  const seq = `${modified}`;
  return { name, cid: CID, size: 1, type: 'text/plain', tags: [], modified, publisher, seq, providers };
}

export function answerOf(results: readonly SearchResult[]): SearchAnswer {
  return { results: [...results], asked: 1, answered: 1, away: 0, truncated: false };
}
