/** `anillo doctor` and the metrics over real processes: a whole ring, a paused node, a network cut in two and healed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anillo } from './anillo.ts';
import { metric } from './metrics.ts';
import { TestNetwork, type TestNode } from './network.ts';
import { membersOf, untilOneRing } from './ring-oracle.ts';
import { until } from './until.ts';

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly text: string;
  readonly advice: string | null;
  readonly trouble?: string;
}

const WITHIN_MS = 60_000;
let network: TestNetwork;

before(async () => {
  network = await TestNetwork.start({ nodes: 5, isTapped: true });
  await untilOneRing(await membersOf(network.nodes), WITHIN_MS);
});

after(() => network.stop());

async function findings(check: string): Promise<readonly Finding[]> {
  const ran = await anillo(['doctor', '--json', '--portmapper', network.portmapper.url]);
  const told = JSON.parse(ran.stdout) as { readonly findings: readonly Finding[] };
  return told.findings.filter((finding) => finding.check === check);
}

async function untilWhole(size: number): Promise<void> {
  await until(`the doctor finds a ring of ${size}, whole`, WITHIN_MS, async () => {
    const told = await findings('ring');
    assert.deepEqual(
      told.map(({ text }) => text),
      [`ring of ${size} nodes, whole`],
    );
    return true;
  });
}

/** From now on no connection between these and the others. */
async function part(nodes: readonly TestNode[], others: readonly TestNode[]): Promise<void> {
  const ports = (side: readonly TestNode[]) => side.map(({ grpcPort }) => grpcPort);
  await Promise.all([
    ...nodes.map(({ pid }) => network.wire?.ask(pid, ports(others))),
    ...others.map(({ pid }) => network.wire?.ask(pid, ports(nodes))),
  ]);
}

test('the doctor finds the ring whole, with its size, and every node sees its invariants hold', async () => {
  await untilWhole(5);
  for (const node of network.nodes) {
    const becomes = (series: string, value: number): Promise<void> =>
      until(`${series} of ${node.name} is ${value}`, WITHIN_MS, async () => {
        return (await metric(node, series)) === value;
      });
    await becomes('anillo_ring_size_nodes', 5);
    for (const invariant of ['list_in_order', 'head_points_back', 'list_follows_head'])
      await becomes(`anillo_ring_invariant_holds{invariant="${invariant}"}`, 1);
  }
});

test('a paused node does not answer, the others are a whole ring without it, and with it when it goes on', async () => {
  const paused = network.node(2);
  paused.pause();
  await untilWhole(4);
  const silent = (await findings('node')).filter(({ state }) => state !== 'ok');
  const { host } = new URL(paused.url);
  assert.ok(
    silent.some(({ text }) => text.includes(host)),
    `${host} is among ${silent.map(({ text }) => text)}`,
  );
  paused.resume();
  await untilWhole(5);
  const deaths = await Promise.all(network.nodes.map((node) => metric(node, 'anillo_ring_deaths_total')));
  const returns = await Promise.all(network.nodes.map((node) => metric(node, 'anillo_ring_returns_total')));
  assert.ok(Math.max(...deaths) >= 1 && Math.max(...returns) >= 1, `${deaths} deaths, ${returns} returns`);
});

test('a network cut in two is two rings that the doctor tells with their members, and one again when healed', async () => {
  const [nodes, others] = [network.nodes.slice(0, 3), network.nodes.slice(3)];
  await part(nodes, others);
  await until('the doctor finds two rings', WITHIN_MS, async () => {
    const [told] = await findings('ring');
    assert.equal(told?.trouble, 'several_rings');
    assert.match(told?.text ?? '', /^2 rings that know nothing of one another: 3 \(.*\), 2 \(.*\);/);
    return true;
  });
  const spanish = await anillo(['doctor', '--lang', 'es', '--portmapper', network.portmapper.url]);
  assert.equal(spanish.code, 1);
  assert.match(spanish.stdout, /2 anillos que no saben unos de otros: 3 \(/);
  const merges = () => Promise.all(network.nodes.map((node) => metric(node, 'anillo_ring_merges_total')));
  const before = await merges();
  await Promise.all(network.nodes.map(({ pid }) => network.wire?.ask(pid)));
  await untilWhole(5);
  const merged = (await merges()).map((count, index) => count - (before[index] ?? 0));
  assert.ok(Math.max(...merged) >= 1, `merges after the cut: ${merged}`);
});
