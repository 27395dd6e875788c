/** 100,000 small files in one folder: published in time, while the node answers as if nothing happened. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { below, chance, randomText } from '../chance.ts';
import { metric } from '../metrics.ts';
import { getJson, TestNetwork, type TestNode } from '../network.ts';
import { percentile, processorSeconds } from '../process-figures.ts';
import { until } from '../until.ts';
import { type Figures, runPart } from './part.ts';

const FILES = Number(process.env.ANILLO_FILES ?? 100_000);
const PUBLISH_WITHIN_MS = 600_000;
const REST_MS = Number(process.env.ANILLO_REST_MS ?? 300_000);
const SETTLE_MS = Number(process.env.ANILLO_SETTLE_MS ?? 120_000);
const LOOKUP_EVERY_MS = 100;
/** The code of each process is compiled before its times count. */
const WARM_UP_LOOKUPS = 1_000;

const random = chance('many files');

interface Status {
  readonly pendingPublications: number;
  readonly library: { readonly files: number };
}

await runPart(
  `${FILES} small files are published within 10 minutes on 4 nodes; lookups and event loop stay under 50 ms at p99; nobody is suspected; at rest the node takes next to nothing`,
  async () => {
    const network = await TestNetwork.start({ nodes: 4 });
    try {
      return await tell(network);
    } finally {
      await network.stop();
    }
  },
);

async function tell(network: TestNetwork): Promise<Figures> {
  const node = network.node(1);
  const staging = join(network.folder, 'staging');
  mkdirSync(staging);
  const folder = join(node.share, 'many');
  mkdirSync(folder);
  await warmUp(network.nodes);
  // Each look begins anew: what the start of the processes cost does not count.
  for (const each of network.nodes) await highestLoopDelayMs(each);
  const lookups = watchLookups(network.nodes);
  const started = performance.now();
  for (let index = 0; index < FILES; index += 1) {
    writeFileSync(join(folder, `file-${index}.txt`), `${index} ${randomText(random)}`);
    if (index % 500 === 0) await wait(0);
  }
  await until(`${FILES} files are catalogued and published`, PUBLISH_WITHIN_MS, async () => {
    const status = await getJson<Status>(`${node.url}/api/v1/status`);
    return status.library.files >= FILES && status.pendingPublications === 0;
  });
  const publishedMs = performance.now() - started;
  const warm = await lookups.stop();
  const loops = await Promise.all(network.nodes.map((each) => highestLoopDelayMs(each)));
  await assertFound(network);
  for (const each of network.nodes)
    assert.doesNotMatch(each.log(), /"event":"suspected"/, `${each.name} suspects nobody`);

  await wait(SETTLE_MS);
  const rest = await watchRest(node);
  const figures = {
    files: FILES,
    publishedMs,
    lookups: warm.length,
    lookupP50Ms: percentile(warm, 0.5),
    lookupP99Ms: percentile(warm, 0.99),
    ...eachNodes(network.nodes, lookups.of),
    loopDelayP99Ms: Math.max(...loops),
    restSeconds: REST_MS / 1000,
    restCorePercent: rest.corePercent,
    restRenewalBytesPerSecond: rest.bytesPerSecond,
  };
  console.log(figures);
  assert.ok(figures.lookupP99Ms <= 50, 'lookups under 50 ms at p99');
  assert.ok(figures.loopDelayP99Ms <= 50, 'event loop under 50 ms at p99');
  assert.ok(figures.restCorePercent <= 0.5, 'at most 0.5 % of a core at rest');
  assert.ok(figures.restRenewalBytesPerSecond <= 500, 'at most 500 B/s of renewal at rest');
  return figures;
}

async function warmUp(nodes: readonly TestNode[]): Promise<void> {
  for (let count = 0; count < WARM_UP_LOOKUPS; count += 1) {
    await getJson(`${nodes[count % nodes.length]?.url}/api/v1/lookup?key=warm-up-${count}`);
  }
}

/** Of each node apart, that of the one with the files named so: what it does must not be hidden by the others' rest. */
function eachNodes(nodes: readonly TestNode[], of: (node: TestNode) => readonly number[]): Figures {
  const rows = nodes.map((node, index) => [
    index === 0 ? 'lookupP99MsOfLoaded' : `lookupP99MsOf${index + 1}`,
    percentile(of(node), 0.99),
  ]);
  return Object.fromEntries(rows);
}

interface WatchedLookups {
  /** Of one node. */
  of(node: TestNode): readonly number[];
  stop(): Promise<number[]>;
}

/** Times, in ms, of lookups asked in turn at every node while the work goes on. */
function watchLookups(nodes: readonly TestNode[]): WatchedLookups {
  const times = new Map<TestNode | undefined, number[]>(nodes.map((node) => [node, []]));
  let running = true;
  const asking = (async () => {
    for (let turn = 0; running; turn += 1) {
      const node = nodes[turn % nodes.length];
      const answer = await request(`${node?.url}/api/v1/lookup?key=${randomText(random)}`);
      const body = (await answer.body.json()) as { ms: number };
      assert.equal(answer.statusCode, 200);
      times.get(node)?.push(body.ms);
      await wait(LOOKUP_EVERY_MS);
    }
  })();
  return {
    of: (node) => times.get(node) ?? [],
    stop: async () => {
      running = false;
      await asking;
      return [...times.values()].flat();
    },
  };
}

async function highestLoopDelayMs(node: TestNode): Promise<number> {
  return (await metric(node, 'anillo_event_loop_delay_p99_seconds')) * 1000;
}

async function assertFound(network: TestNetwork): Promise<void> {
  for (let count = 0; count < 200; count += 1) {
    const name = `many/file-${below(random, FILES)}.txt`;
    const found = await getJson<{ results: { name: string }[] }>(
      `${network.node(3).url}/api/v1/search?q=${name}`,
    );
    assert.ok(
      found.results.some((result) => result.name === name),
      `${name} is found`,
    );
  }
}

async function watchRest(node: TestNode): Promise<{ corePercent: number; bytesPerSecond: number }> {
  const sent = () => metric(node, 'anillo_records_sent_bytes_total');
  const [processor, bytes, since] = [processorSeconds(node.pid), await sent(), performance.now()];
  await wait(REST_MS);
  const seconds = (performance.now() - since) / 1000;
  return {
    corePercent: ((processorSeconds(node.pid) - processor) / seconds) * 100,
    bytesPerSecond: ((await sent()) - bytes) / seconds,
  };
}
