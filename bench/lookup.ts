/**
 * Warm lookups on a ring of 32 real processes on this machine, owner verified by contact: p50, p99 and hops.
 * The lookup is timed inside the asking node (the `ms` of its answer), asked one at a time; the round trip over REST and a
 * bare gRPC ping of the same machine stand beside it.
 *   node bench/lookup.ts [processes] [lookups]
 */
import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import { getJson, TestNetwork, type TestNode } from '../test/network.ts';
import { percentile } from '../test/process-figures.ts';
import { askRing, membersOf, untilOneRing } from '../test/ring-oracle.ts';

const PROCESSES = Number(process.argv[2] ?? 32);
const LOOKUPS = Number(process.argv[3] ?? 5000);
const FORM_WITHIN_MS = 60_000;
/** Calls that a process has made, and answered, before it counts as warm. */
const WARM_UP_PER_PROCESS = 600;

interface Sample {
  readonly ms: number;
  readonly hops: number;
  readonly overRestMs: number;
}

async function lookUp(node: TestNode): Promise<Sample> {
  const since = performance.now();
  const answer = await request(`${node.url}/api/v1/lookup?key=${randomBytes(8).toString('hex')}`);
  const { ms, hops } = (await answer.body.json()) as { ms: number; hops: number };
  return { ms, hops, overRestMs: performance.now() - since };
}

function line(title: string, values: readonly number[]): void {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  console.log(`${title.padEnd(34)} p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}`);
}

const network = await TestNetwork.start({ nodes: PROCESSES });
try {
  const members = await membersOf(network.nodes);
  await untilOneRing(members, FORM_WITHIN_MS);
  // Every pair of nodes has talked, and the code of each process is compiled, as in a network that is used.
  await askRing(members, PROCESSES * WARM_UP_PER_PROCESS);
  const samples: Sample[] = [];
  for (let count = 0; count < LOOKUPS; count += 1) {
    const node = network.nodes[count % network.nodes.length];
    if (node !== undefined) samples.push(await lookUp(node));
  }
  const away = samples.filter((sample) => sample.hops > 0);
  const liveness: number[] = [];
  for (let count = 0; count < 500; count += 1) {
    const since = performance.now();
    await getJson(`${network.node(1).url}/healthz`);
    liveness.push(performance.now() - since);
  }
  console.log(`${PROCESSES} processes, ${samples.length} lookups, times in ms`);
  line(
    'lookup in the node',
    samples.map((sample) => sample.ms),
  );
  line(
    'lookup in the node, owner elsewhere',
    away.map((sample) => sample.ms),
  );
  line(
    'the same over REST',
    samples.map((sample) => sample.overRestMs),
  );
  line('for scale: GET /healthz', liveness);
  const counts = new Map<number, number>();
  for (const { hops } of samples) counts.set(hops, (counts.get(hops) ?? 0) + 1);
  console.log(
    `hops: ${[...counts]
      .sort(([a], [b]) => a - b)
      .map(([hops, n]) => `${hops}: ${n}`)
      .join(', ')}`,
  );
} finally {
  await network.stop();
}
