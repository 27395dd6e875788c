/**
 * Measures the ring: every workload of docs/figures/ring.md, two at a time, each seed kept as soon as it is measured, so that a run
 * that was stopped goes on; then writes docs/figures. `--quick` takes minutes; the full size takes hours.
 *   npm run figures                            all workloads at full size
 *   npm run figures -- --quick [WORKLOAD…]     a few seeds, small rings
 *   npm run figures -- --seeds 10 [WORKLOAD…]  at most so many of each
 *   npm run figures -- --at-once 1             one part at a time
 *   npm run figures -- --document              writes docs/figures from what is known, and measures nothing
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { documents, type Report } from './documents.ts';
import { partsOfTheRing } from './long-tier.ts';
import { SampleStore } from './sample-store.ts';
import { brokenOf, curvesOf, measuresOf, type Summary } from './summary.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS } from './workloads.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'docs', 'figures');
const DATA = join(FOLDER, 'ring.json');
const SEEDS_PER_PART = 25;
/** Above it a part hangs. */
const PART_TIMEOUT_MS = 45 * 60_000;
/** A table of 10,000 contacts in each of 10,000 nodes, and the rest. */
const HEAP_MIB = 8_192;

interface Part {
  readonly name: string;
  readonly nodes: number;
  readonly seeds: readonly number[];
}

function partsOf(name: string, workload: Workload, isQuick: boolean, seedsMax: number): Part[] {
  return (isQuick ? workload.quick : workload.full).flatMap(({ nodes, seeds }) => {
    const missing = Array.from({ length: Math.min(seeds, seedsMax) }, (_, i) => i + 1).filter(
      (seed) => !store.has(name, nodes, seed),
    );
    const parts: Part[] = [];
    for (let at = 0; at < missing.length; at += SEEDS_PER_PART)
      parts.push({ name, nodes, seeds: missing.slice(at, at + SEEDS_PER_PART) });
    return parts;
  });
}

/** Runs until all its seeds are measured: a part stops by itself after some minutes. Returns whether it went well. */
async function runPart({ name, nodes, seeds }: Part): Promise<boolean> {
  for (;;) {
    const left = seeds.filter((seed) => !store.has(name, nodes, seed));
    if (left.length === 0) return true;
    const file = join(ROOT, 'bench', 'figures', 'part.ts');
    const args = [`--max-old-space-size=${HEAP_MIB}`, file, name, String(nodes), ...left.map(String)];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', timeout: PART_TIMEOUT_MS });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) return false;
  }
}

/** What is known: measured here, or written down before where nothing was measured here. */
function summaries(): Summary[] {
  const before = existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as Report).summaries : [];
  return Object.entries(WORKLOADS).flatMap(([name, workload]) => {
    const sizes = [...workload.quick, ...workload.full].map(({ nodes }) => nodes);
    return [...new Set(sizes)]
      .sort((a, b) => a - b)
      .flatMap((nodes) => {
        const known = before.find((each) => each.workload === name && each.nodes === nodes);
        return summaryOf(name, workload, nodes) ?? known ?? [];
      });
  });
}

function summaryOf(name: string, workload: Workload, nodes: number): Summary | null {
  const samples = store.samples(name, nodes);
  const last = samples.at(-1);
  if (last === undefined) return null;
  return {
    workload: name,
    nodes,
    seeds: samples.map(({ seed }) => seed),
    commit: last.commit,
    date: last.date,
    seconds: Math.round(samples.reduce((sum, { seconds }) => sum + seconds, 0)),
    measures: measuresOf(workload, nodes, samples),
    curves: curvesOf(samples),
    broken: brokenOf(samples),
  };
}

function write(): void {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Node ${process.version}`;
  const elsewhere = partsOfTheRing(readFileSync(join(FOLDER, 'long-tier.md'), 'utf8'));
  const report: Report = { machine, summaries: summaries(), elsewhere };
  mkdirSync(FOLDER, { recursive: true });
  // A line for each summary, so that a change shows as one.
  const lines = report.summaries.map((each) => JSON.stringify(each)).join(',\n');
  const head = `"machine":${JSON.stringify(machine)},"elsewhere":${JSON.stringify(elsewhere)}`;
  writeFileSync(DATA, `{${head},"summaries":[\n${lines}\n]}\n`);
  for (const [file, content] of documents(report)) writeFileSync(join(FOLDER, file), content);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    document: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1000000' },
    'at-once': { type: 'string', default: '2' },
  },
});
const unknown = positionals.filter((name) => WORKLOADS[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `There is no workload ${unknown.join(', ')}; there are ${Object.keys(WORKLOADS).join(', ')}.`,
  );
  process.exit(2);
}
const store = new SampleStore(ROOT);
const asked = Object.entries(WORKLOADS).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const queue = values.document
  ? []
  : asked.flatMap(([name, workload]) => partsOf(name, workload, values.quick, Number(values.seeds)));
let failed = 0;
async function work(): Promise<void> {
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    if (!(await runPart(part))) {
      failed++;
      console.log(`FAILED ${part.name} at ${part.nodes} nodes`);
    }
    write();
  }
}
await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
write();
console.log(failed === 0 ? `Written to ${FOLDER}.` : `${failed} parts failed; the rest is in ${FOLDER}.`);
process.exit(failed === 0 ? 0 : 1);
