/** A ring with a dead member and one without an index service: whatever a node is asked, its answers are whole. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { Static, TSchema } from 'typebox';
import { until } from '../../test/until.ts';
import { HttpClient } from '../client/http.ts';
import { NodeStatus } from '../client/schemas/node-routes.ts';
import { FileDetail, FilePage, Lookup, Ring, SearchAnswer } from '../client/schemas/shared.ts';
import { NETWORK, startTestDht, type TestDht, temporaryFolder } from '../services/dht/dht.test-support.ts';
import type { PendingChange, PendingSource } from '../services/dht/records/pending-source.ts';
import type { NodeConfig } from './configuration.ts';
import { type RunningNode, startNode } from './run-node.ts';

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const PATH = 'docs/año.txt';
const WAIT_MS = 20_000;

const root = mkdtempSync(join(tmpdir(), 'anillo-absent-'));
const http = new HttpClient(new AbortController().signal);
after(async () => {
  await http.close();
  rmSync(root, { recursive: true, force: true });
});

function config(joinBy: readonly string[]): NodeConfig {
  return {
    share: join(root, 'shared'),
    data: join(root, 'data'),
    host: '127.0.0.1',
    advertise: null,
    port: 0,
    grpcPort: 0,
    portmappers: [],
    join: [...joinBy],
    services: ['dht', 'index', 'upload', 'download'],
    dht: null,
    labels: {},
    insecure: false,
    reserveBytes: 0,
    bounds: {},
    timings: { stillnessMs: 50 },
  };
}

async function startAsked(t: TestContext, joinBy: readonly string[]): Promise<RunningNode> {
  const node = await startNode(config(joinBy), { log: pino({ level: 'silent' }), version: '0.0.0' });
  t.after(() => node.stop());
  await node.ready;
  return node;
}

/** What the client makes of the answer: it refuses what its schema does not allow. */
function ask<Schema extends TSchema>(
  node: RunningNode,
  schema: Schema,
  path: string,
  query = {},
): Promise<Static<Schema>> {
  return http.call(schema, { side: 'node', base: `http://${node.addresses.rest}`, path, query });
}

/** One file that waits to be published. */
function oneFile(): PendingSource {
  const file = {
    path: PATH,
    cid: CID,
    size: 12,
    modifiedMs: 1,
    type: 'text/plain',
    tags: [],
    copies: 1,
    previous: null,
  };
  let waiting: PendingChange[] = [{ id: 1, act: 'publish', file, lastCopy: false }];
  return {
    pending: (limit, afterId = 0) => waiting.filter(({ id }) => id > afterId).slice(0, limit),
    pendingCount: () => waiting.length,
    lastPending: () => waiting.at(-1)?.id ?? null,
    refuse: () => undefined,
    refusedCount: () => 0,
    files: () => [],
    requeue: () => 0,
    settle: (ids) => {
      waiting = waiting.filter(({ id }) => !ids.includes(id));
    },
    dataVersion: () => 1,
  };
}

/** A member that runs no index service, and one that published the file; both are met by nobody but each other. */
async function startOthers(t: TestContext): Promise<{ bare: TestDht; holder: TestDht }> {
  const nowhere = { dht: null, index: null, upload: null, download: null, messaging: null };
  const bare = await startTestDht(t, { dataDir: temporaryFolder(t), endpoints: () => nowhere });
  const catalog = oneFile();
  const holder = await startTestDht(t, { dataDir: temporaryFolder(t), join: [bare.address], catalog });
  await until('the holder is on the ring', WAIT_MS, async () => (await holder.api.status()).joined);
  await holder.api.publish({ wait: true, timeoutMs: WAIT_MS });
  return { bare, holder };
}

test('every answer keeps its schema with a dead holder that nobody met and a member without an index service', async (t) => {
  const { bare, holder } = await startOthers(t);
  const earlier = await startAsked(t, [bare.address]);
  await until('it knows both', WAIT_MS, async () => {
    const { members } = await ask(earlier, Ring, '/api/v1/ring');
    return members.length === 3;
  });
  await holder.stop({ leave: false });
  await earlier.stop();
  // A new process remembers members, and has met none of them.
  const asked = await startAsked(t, [bare.address]);

  const status = await ask(asked, NodeStatus, '/api/v1/status');
  assert.equal(status.networkId, NETWORK);
  const { members } = await ask(asked, Ring, '/api/v1/ring');
  const addresses = new Map(members.map(({ id, address }) => [id, address]));
  assert.equal(addresses.get(bare.id), bare.address);
  assert.equal(addresses.get(holder.id) ?? holder.address, holder.address, 'if it is still remembered');
  for (const q of [PATH, 'año.txt', CID]) {
    const { results } = await ask(asked, SearchAnswer, '/api/v1/search', { q });
    assert.deepEqual(
      results.map(({ name, providers }) => [name, providers]),
      [[PATH, []]],
      'whom nobody can fetch from is no provider',
    );
  }
  const detail = await ask(asked, FileDetail, `/api/v1/files/${CID}`);
  assert.deepEqual([detail.publications.length, detail.providers], [1, []]);
  assert.deepEqual((await ask(asked, FilePage, '/api/v1/files')).files, []);
  for (let key = 0; key < 16; key++) await ask(asked, Lookup, '/api/v1/lookup', { key: `${key}` });
});
