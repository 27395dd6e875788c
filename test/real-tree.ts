/** A real tree of files in a shared folder: every path listed, each found by its path from another node, some fetched. */
import assert from 'node:assert/strict';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { sample } from '../src/simulator/random.ts';
import { chance } from './chance.ts';
import { getJson, type TestNetwork } from './network.ts';
import { until } from './until.ts';

export interface TreeStory {
  readonly source: string;
  /** Top folders of the source to take; all when absent. */
  readonly mostFolders?: number;
  readonly sample: number;
  readonly withinMs: number;
}

interface Listed {
  readonly files: readonly { readonly name: string }[];
  readonly nextCursor: string | null;
}

const IN_FLIGHT = 8;

export async function tellTreeStory(
  network: TestNetwork,
  story: TreeStory,
): Promise<{ files: number; publishedMs: number }> {
  const [holder, other] = [network.node(1), network.node(2)];
  const folder = join(holder.share, 'tree');
  mkdirSync(folder, { recursive: true });
  const tops = readdirSync(story.source).sort().slice(0, story.mostFolders);
  for (const top of tops)
    cpSync(join(story.source, top), join(folder, top), { recursive: true, verbatimSymlinks: true });
  const expected = regularFiles(folder).map((path) => `tree/${path}`);
  const started = performance.now();

  await until(`all ${expected.length} paths are listed`, story.withinMs, async () => {
    const listed = new Set(await listAll(holder.url));
    assert.deepEqual(expected.filter((path) => !listed.has(path)).slice(0, 5), []);
    assert.equal([...listed].filter((path) => path.startsWith('tree/')).length, expected.length);
    return true;
  });
  await until('nothing waits for the ring', story.withinMs, async () => {
    const status = await getJson<{ pendingPublications: number }>(`${holder.url}/api/v1/status`);
    return status.pendingPublications === 0;
  });
  const publishedMs = performance.now() - started;

  const missing: string[] = [];
  await forEach(expected, async (path) => {
    const found = await getJson<{ results: { name: string }[] }>(
      `${other.url}/api/v1/search?q=${encodeURIComponent(path)}`,
    );
    if (!found.results.some((result) => result.name === path)) missing.push(path);
  });
  assert.deepEqual(missing.slice(0, 5), [], `${missing.length} of ${expected.length} paths are not found`);
  await fetchSample(other.url, folder, expected, story.sample);
  return { files: expected.length, publishedMs };
}

/** Every place of a last component that many share is listed, from another node. */
export async function assertAllPlacesOf(network: TestNetwork, base: string): Promise<number> {
  const folder = join(network.node(1).share, 'tree');
  const places = regularFiles(folder)
    .map((path) => `tree/${path}`)
    .filter((path) => path.endsWith(`/${base}`));
  const found = await getJson<{ results: { name: string }[] }>(
    `${network.node(3).url}/api/v1/search?q=${encodeURIComponent(base)}&limit=1000`,
  );
  const names = new Set(found.results.map((result) => result.name));
  assert.deepEqual(
    places.filter((place) => !names.has(place)).slice(0, 5),
    [],
    `all ${places.length} places of ${base}`,
  );
  return places.length;
}

async function fetchSample(
  url: string,
  folder: string,
  paths: readonly string[],
  count: number,
): Promise<void> {
  const some = sample(chance('tree'), paths, count);
  await forEach(some, async (path) => {
    const found = await getJson<{
      results: { name: string; cid: string; providers: { download: string }[] }[];
    }>(`${url}/api/v1/search?q=${encodeURIComponent(path)}`);
    const result = found.results.find((candidate) => candidate.name === path);
    const answer = await request(`http://${result?.providers[0]?.download}/ipfs/${result?.cid}`);
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    assert.ok(bytes.equals(readFileSync(join(dirname(folder), path))), `${path} is intact`);
  });
}

/** Paths of what must be listed: regular files with no hidden or temporary component. */
function regularFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => lstatSync(join(folder, path)).isFile())
    .filter(
      (path) =>
        !path
          .split('/')
          .some((component) => /^\.|~$|^#.*#$|^~\$|\.(swp|tmp|part|crdownload)$/.test(component)),
    )
    .filter((path) => !behindLink(folder, path))
    .sort();
}

function behindLink(folder: string, path: string): boolean {
  const components = path.split('/');
  return components.some((_, index) =>
    lstatSync(join(folder, ...components.slice(0, index + 1))).isSymbolicLink(),
  );
}

async function listAll(url: string): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Listed = await getJson<Listed>(`${url}/api/v1/files?limit=1000${query}`);
    names.push(...page.files.map((file) => file.name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return names;
}

async function forEach(items: readonly string[], work: (item: string) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
    }),
  );
}
