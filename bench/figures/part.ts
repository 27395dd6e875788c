/**
 * One workload at one size, for some seeds, one after the other; each seed's sample is kept at once.
 *   node bench/figures/part.ts WORKLOAD NODES SEED…
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SampleStore } from './sample-store.ts';
import { WORKLOADS } from './workloads.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** No seed is begun after this: the rest is for the next part. */
const BEGIN_WITHIN_MS = 8 * 60_000;
const CODE = ['src', 'bench'];

function git(...args: string[]): string {
  return spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
}

/** The last commit that touched the code, and whether the code is that of the commit. */
function commitOfCode(): string {
  const commit = git('log', '-1', '--format=%h', '--', ...CODE);
  return git('status', '--porcelain', '--', ...CODE) === '' ? commit : `${commit}, with changes`;
}

const [name = '', nodes = '', ...seeds] = process.argv.slice(2);
const workload = WORKLOADS[name];
if (workload === undefined) throw new Error(`there is no workload ${name}`);
const store = new SampleStore(ROOT);
const commit = commitOfCode();
const began = performance.now();
for (const seed of seeds.map(Number)) {
  if (performance.now() - began > BEGIN_WITHIN_MS) break;
  const before = process.cpuUsage();
  const sample = await workload.run(seed, Number(nodes));
  const { user, system } = process.cpuUsage(before);
  const seconds = Math.round((user + system) / 1e5) / 10;
  const date = new Date().toISOString().slice(0, 10);
  store.put(name, Number(nodes), { seed, ...sample, commit, date, seconds });
  console.log(`${name} ${nodes} seed ${seed}: ${seconds} s ${JSON.stringify(sample.figures)}`);
  for (const broken of sample.broken ?? []) console.log(`  broken: ${broken}`);
}
