/** Real DHT services in one process, for tests: temporary data, real sockets, an end for each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import pino from 'pino';
import { beginIncarnation } from '../../identity/incarnation.ts';
import { makeNetworkId } from '../../identity/network.ts';
import { loadNodeKey } from '../../identity/node-key.ts';
import type { Problem } from '../../problems/problem.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { DhtServiceOptions, RunningDht } from './dht-options.ts';
import { startDhtService } from './dht-service.ts';

export const SILENT = pino({ level: process.env.ANILLO_LOG ?? 'silent' });

/** Asks until it holds. @throws after `timeoutMs`, with what was last wrong */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  timeoutMs = 20_000,
): Promise<void> {
  const dueMs = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > dueMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'anillo-dht-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestDht extends RunningDht {
  readonly port: number;
  readonly dataDir: string;
  readonly problems: Problem[];
}

export type TestOptions = Partial<DhtServiceOptions> & { readonly dataDir: string };

export const NETWORK = makeNetworkId();

/** Starts one; whoever starts it ends it, or leaves that to the end of the test. */
export async function startTestDht(context: TestContext, options: TestOptions): Promise<TestDht> {
  const { dataDir } = options;
  const problems: Problem[] = [];
  const key = await loadNodeKey(dataDir);
  const running = await startDhtService({
    networkId: NETWORK,
    key,
    incarnation: await beginIncarnation(dataDir, Date.now()),
    host: '127.0.0.1',
    port: 0,
    endpoints: () => ({
      dht: null,
      index: `index-of-${key.id.slice(0, 8)}:5000`,
      upload: null,
      download: `download-of-${key.id.slice(0, 8)}:5000`,
      messaging: null,
    }),
    labels: {},
    version: '0.0.0',
    join: [],
    portmappers: [],
    catalog: null,
    report: () => ({ files: 0, bytes: 0, freeBytes: 0, insecure: false }),
    onFatal: (problem) => problems.push(problem),
    log: SILENT,
    ...options,
  });
  context.after(() => running.stop({ leave: false }));
  const { api, address, id } = running;
  const port = Number(address.split(':').at(-1));
  const takeLeave = () => running.takeLeave();
  const ringFigures = () => running.ringFigures();
  const stop: RunningDht['stop'] = (how) => running.stop(how);
  return { api, address, port, id, ringFigures, takeLeave, stop, dataDir, problems };
}

/** A ring of `count`: one that makes it, the others joining by it at once. */
export async function startTestRing(context: TestContext, count: number): Promise<TestDht[]> {
  const founder = await startTestDht(context, { dataDir: temporaryFolder(context) });
  const others = Array.from({ length: count - 1 }, () =>
    startTestDht(context, { dataDir: temporaryFolder(context), join: [founder.address] }),
  );
  const nodes = [founder, ...(await Promise.all(others))];
  await untilOneRing(nodes);
  return nodes;
}

/** Each has the one before it and all those after it, in the order of identifiers. */
export async function untilOneRing(nodes: readonly TestDht[], timeoutMs = 20_000): Promise<void> {
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isOne = async (): Promise<boolean> => {
    const states = await Promise.all(sorted.map((node) => node.api.status()));
    return states.every((state, index) => {
      const after = [...sorted.slice(index + 1), ...sorted.slice(0, index)].map(({ id }) => id);
      const { joined, predecessor, successors } = state;
      return joined && isDeepStrictEqual(ids(successors), after) && predecessor?.id === after.at(-1);
    });
  };
  await until(`${nodes.length} nodes are one ring`, isOne, timeoutMs);
}

function ids(nodes: readonly { readonly id: string }[]): string[] {
  return nodes.map(({ id }) => id);
}

/** The first node at or after `key`, by the sorted identifiers alone. */
export function ownerOf(nodes: readonly TestDht[], key: Identifier): string {
  const sorted = ids(nodes).sort();
  return sorted.find((id) => id >= key) ?? sorted[0] ?? '';
}
