/**
 * Measures the ring: every workload of docs/figures/ring.md, two at a time, each seed kept as soon as it is measured, so that a run
 * that was stopped goes on; then writes docs/figures. `--quick` takes minutes; the full size takes about two hours of one core. It
 * goes through all workloads and sizes in turn, some seeds of each, so that a run that is stopped has something of everything.
 *   npm run figures                            all workloads at full size
 *   npm run figures -- --quick [WORKLOAD…]     a few seeds, small rings
 *   npm run figures -- --seeds 10 [WORKLOAD…]  at most so many of each
 *   npm run figures -- --at-once 1             one part at a time
 *   npm run figures -- --plan                  what it would measure, and how long that takes, by what is known
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
/** So many turns through all workloads and sizes. */
const TURNS = 5;
const WRITE_EVERY_MS = 60_000;
/** Above it a part hangs. */
const PART_TIMEOUT_MS = 45 * 60_000;
/** A table of 10,000 contacts in each of 10,000 nodes, and the rest. */
const HEAP_MIB = 8_192;
/** Each part has one core. */
const ENGINE = [`--max-old-space-size=${HEAP_MIB}`, '--single-threaded-gc'];
/** Of thousands of nodes more messages are under way at once than the usual room for them holds: a tenth of the time. */
const LARGE = { nodes: 5_000, engine: ['--min-semi-space-size=64', '--max-semi-space-size=128'] };

interface Part {
  readonly name: string;
  readonly nodes: number;
  readonly seeds: readonly number[];
  /** Where it stands among the seeds of its workload and size, 0 to 1. */
  readonly turn: number;
}

/** In the order in which they are measured. */
function partsOf(
  workloads: readonly (readonly [string, Workload])[],
  isQuick: boolean,
  seedsMax: number,
): Part[] {
  const parts = workloads.flatMap(([name, workload]) =>
    (isQuick ? workload.quick : workload.full).flatMap((size) => {
      const seeds = Math.min(size.seeds, seedsMax);
      const each = Math.ceil(seeds / TURNS);
      return Array.from({ length: Math.ceil(seeds / each) }, (_, i): Part => {
        const count = Math.min(each, seeds - i * each);
        const own = Array.from({ length: count }, (_, k) => i * each + k + 1);
        return { name, nodes: size.nodes, seeds: own, turn: (i * each + count / 2) / seeds };
      });
    }),
  );
  return parts.filter((part) => missing(part).length > 0).sort((a, b) => a.turn - b.turn);
}

function missing({ name, nodes, seeds }: Part): number[] {
  return seeds.filter((seed) => !store.has(name, nodes, seed));
}

/** Runs until all its seeds are measured: a part stops by itself after some minutes. Returns whether it went well. */
async function runPart(part: Part): Promise<boolean> {
  for (;;) {
    const left = missing(part);
    if (left.length === 0) return true;
    const file = join(ROOT, 'bench', 'figures', 'part.ts');
    const engine = part.nodes < LARGE.nodes ? ENGINE : [...ENGINE, ...LARGE.engine];
    const args = [...engine, file, part.name, String(part.nodes), ...left.map(String)];
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', timeout: PART_TIMEOUT_MS });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) return false;
  }
}

/** By the seconds that seeds took that are known, of whatever code; of those of a size of which none is known nothing is said. */
function plan(parts: readonly Part[]): void {
  let total = 0;
  const sizes = new Map<string, { seeds: number; seconds: number }>();
  for (const part of parts) {
    const known = store.samples(part.name, part.nodes);
    const each = known.reduce((sum, { seconds }) => sum + seconds, 0) / known.length;
    const size = sizes.get(`${part.name} ${part.nodes}`) ?? { seeds: 0, seconds: 0 };
    const seeds = missing(part).length;
    sizes.set(`${part.name} ${part.nodes}`, {
      seeds: size.seeds + seeds,
      seconds: size.seconds + seeds * each,
    });
    if (known.length > 0) total += seeds * each;
  }
  for (const [name, { seeds, seconds }] of sizes)
    console.log(`${name.padEnd(26)} ${String(seeds).padStart(5)} seeds ${secondsText(seconds).padStart(8)}`);
  console.log(`${(total / 60).toFixed(0)} minutes of one core in all.`);
}

function secondsText(seconds: number): string {
  return Number.isNaN(seconds) ? 'unknown' : `${seconds.toFixed(0)} s`;
}

/** What is known: measured here, or written down before where nothing was measured here; of full sizes once there are any. */
function summaries(): Summary[] {
  const before = existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as Report).summaries : [];
  return Object.entries(WORKLOADS).flatMap(([name, workload]) => {
    const at = ({ nodes }: { nodes: number }): Summary | [] =>
      summaryOf(name, workload, nodes) ??
      before.find((each) => each.workload === name && each.nodes === nodes) ??
      [];
    const full = workload.full.flatMap(at);
    return full.length > 0 ? full : workload.quick.flatMap(at);
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
    plan: { type: 'boolean', default: false },
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
const queue = values.document ? [] : partsOf(asked, values.quick, Number(values.seeds));
if (values.plan) {
  plan(queue);
  process.exit(0);
}
let failed = 0;
let writtenAt = performance.now();
async function work(): Promise<void> {
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    if (!(await runPart(part))) {
      failed++;
      console.log(`FAILED ${part.name} at ${part.nodes} nodes`);
    }
    if (performance.now() - writtenAt < WRITE_EVERY_MS) continue;
    write();
    writtenAt = performance.now();
  }
}
await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
write();
console.log(failed === 0 ? `Written to ${FOLDER}.` : `${failed} parts failed; the rest is in ${FOLDER}.`);
process.exit(failed === 0 ? 0 : 1);
