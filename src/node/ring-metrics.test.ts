import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Catalog } from '../library/catalog.ts';
import type { Contact } from '../ring/message.ts';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { createRingState } from '../ring/state.ts';
import { RingWatch } from '../services/dht/ring-watch.ts';
import { createMetrics } from '../services/http/metrics.ts';
import { createHttpServer } from '../services/http/server.ts';
import { measureCatalog, measureRecords } from './node-metrics.ts';
import { measureRing } from './ring-metrics.ts';

const contact = (id: string): Contact => ({ id, incarnation: 1, address: `${id}:1` });
const [A, B, C, D] = ['10', '20', '30', '40'].map(contact) as [Contact, Contact, Contact, Contact];

function watched() {
  const state = createRingState(A, DEFAULT_PARAMETERS);
  state.phase = 'member';
  state.successors = [B, C];
  state.predecessor = C;
  const watch = new RingWatch();
  const registry = new Registry();
  measureRing(registry, () => watch.read(state));
  return { state, watch, registry };
}

test('what the ring went through is counted, and a neighbour that returns, or that the merge probe found, is a merge', async () => {
  const { watch, registry } = watched();
  watch.note({ type: 'joined' });
  watch.note({ type: 'suspected', contact: C });
  watch.note({ type: 'dead', contact: C });
  watch.note({ type: 'neighboursChanged', predecessor: B, successors: [B] });
  watch.note({ type: 'returned', contact: C });
  for (let times = 0; times < 2; times += 1)
    watch.note({ type: 'neighboursChanged', predecessor: C, successors: [B, C] });
  watch.note({ type: 'merging', contact: D });
  watch.note({ type: 'neighboursChanged', predecessor: D, successors: [B, C] });
  const text = await registry.metrics();
  assert.match(text, /^anillo_ring_merges_total 2$/m);
  for (const name of ['joins', 'suspicions', 'deaths', 'returns'])
    assert.match(text, new RegExp(`^anillo_ring_${name}_total 1$`, 'm'));
  assert.match(text, /^anillo_ring_orphanings_total 0$/m);
  assert.match(text, /^anillo_ring_size_nodes 3$/m);
});

test('what the head said last decides whether it points back, and its list whether the own one follows', async () => {
  const { state, watch, registry } = watched();
  const holds = async (invariant: string): Promise<string | undefined> =>
    new RegExp(`^anillo_ring_invariant_holds\\{invariant="${invariant}"\\} (\\d)$`, 'm').exec(
      await registry.metrics(),
    )?.[1];
  assert.equal(await holds('list_in_order'), '1');
  assert.equal(await holds('head_points_back'), undefined, 'nobody was asked yet');
  watch.hear(B, { type: 'neighbours', candidate: null, predecessor: C, successors: [C, A], listHash: '' }, B);
  assert.equal(await holds('head_points_back'), '0');
  assert.equal(await holds('list_follows_head'), '1');
  watch.hear(B, { type: 'neighboursUnchanged', candidate: null, predecessor: A }, B);
  assert.equal(await holds('head_points_back'), '1');
  state.successors = [B];
  assert.equal(await holds('list_follows_head'), '0');
  state.successors = [C];
  assert.equal(await holds('head_points_back'), undefined, 'another head, not asked yet');
});

test('docs/metrics.md lists every metric of the project, and no other', async (context) => {
  const registry = createMetrics();
  const folder = mkdtempSync(join(tmpdir(), 'anillo-metrics-'));
  const catalog = Catalog.open(folder, { synchronous: 'normal' });
  context.after(() => {
    catalog.close();
    rmSync(folder, { recursive: true });
  });
  measureCatalog(registry, catalog);
  measureRecords(registry);
  measureRing(registry, () => new RingWatch().read(createRingState(A, DEFAULT_PARAMETERS)));
  await createHttpServer({ log: pino({ level: 'silent' }), title: 'test', version: '0', metrics: registry });
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  const own = [...names.filter((name) => name.startsWith('anillo_')), 'anillo_portmapper_nodes'];
  const document = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = document.split('\n').filter((line) => line.startsWith('| `anillo_'));
  const documented = rows.flatMap((row) => row.split('|')[1]?.match(/anillo_[a-z0-9_]+/g) ?? []);
  assert.deepEqual(documented.toSorted(), own.toSorted());
});
