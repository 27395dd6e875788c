/**
 * Warm lookups on a ring of 32 real processes on this machine, owner verified by contact: p50, p99 and hops.
 * The lookup is timed inside the asking node (the `ms` of its answer), asked one at a time; the round trip over REST and a
 * `GET /healthz` of the same machine stand beside it.
 *   node bench/lookup.ts [processes] [lookups]
 */
import { request } from 'undici';
import { chance, randomText } from '../test/chance.ts';
import { getJson, TestNetwork, type TestNode } from '../test/network.ts';
import { percentile } from '../test/process-figures.ts';
import { askRing, membersOf, untilOneRing } from '../test/ring-oracle.ts';

const PROCESSES = 32;
const LOOKUPS = 5000;
const FORM_WITHIN_MS = 60_000;
/** Calls that a process has made, and answered, before it counts as warm. */
const WARM_UP_PER_PROCESS = 600;

interface Sample {
  readonly ms: number;
  readonly hops: number;
  readonly overRestMs: number;
}

export interface LookupFigures {
  readonly processes: number;
  /** In the asking node, as are all but the last two lists; in milliseconds. */
  readonly all: readonly number[];
  readonly ownerElsewhere: readonly number[];
  readonly overRest: readonly number[];
  /** For scale: GET /healthz. */
  readonly liveness: readonly number[];
  readonly hops: readonly number[];
}

export async function measureLookups(
  processes: number = PROCESSES,
  lookups: number = LOOKUPS,
): Promise<LookupFigures> {
  const network = await TestNetwork.start({ nodes: processes });
  try {
    const members = await membersOf(network.nodes);
    await untilOneRing(members, FORM_WITHIN_MS);
    // Every pair of nodes has talked, and the code of each process is compiled, as in a network that is used.
    await askRing(members, processes * WARM_UP_PER_PROCESS);
    const samples: Sample[] = [];
    const random = chance('bench lookups');
    for (let count = 0; count < lookups; count += 1) {
      samples.push(await lookUp(network.node((count % processes) + 1), randomText(random)));
    }
    return {
      processes,
      all: samples.map(({ ms }) => ms),
      ownerElsewhere: samples.filter(({ hops }) => hops > 0).map(({ ms }) => ms),
      overRest: samples.map(({ overRestMs }) => overRestMs),
      liveness: await pings(network.node(1)),
      hops: samples.map(({ hops }) => hops),
    };
  } finally {
    await network.stop();
  }
}

async function lookUp(node: TestNode, key: string): Promise<Sample> {
  const since = performance.now();
  const answer = await request(`${node.url}/api/v1/lookup?key=${key}`);
  const { ms, hops } = (await answer.body.json()) as { ms: number; hops: number };
  return { ms, hops, overRestMs: performance.now() - since };
}

async function pings(node: TestNode): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < 500; count += 1) {
    const since = performance.now();
    await getJson(`${node.url}/healthz`);
    times.push(performance.now() - since);
  }
  return times;
}

function line(title: string, values: readonly number[]): void {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  console.log(`${title.padEnd(34)} p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}`);
}

function print({ processes, all, ownerElsewhere, overRest, liveness, hops }: LookupFigures): void {
  console.log(`${processes} processes, ${all.length} lookups, times in ms`);
  line('lookup in the node', all);
  line('lookup in the node, owner elsewhere', ownerElsewhere);
  line('the same over REST', overRest);
  line('for scale: GET /healthz', liveness);
  const counts = Map.groupBy(hops, (each) => each);
  const sorted = [...counts].sort(([a], [b]) => a - b).map(([each, { length }]) => `${each}: ${length}`);
  console.log(`hops: ${sorted.join(', ')}`);
}

if (import.meta.main) {
  const [processes, lookups] = process.argv.slice(2).map(Number);
  print(await measureLookups(processes, lookups));
}
