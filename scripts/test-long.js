/**
 * The long tier: every claim at full size, each part a process of its own. Resumable: a part that held for this commit
 * is not run again (`--again` forgets that). Writes the dated result to docs/figures.
 *   npm run test:long            all parts
 *   npm run test:long -- NAME…   some of them
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PART_TIMEOUT_MS = 45 * 60_000;
const MARK = '@figures ';

const commit = spawnSync('git', ['rev-parse', '--short=12', 'HEAD'], {
  cwd: ROOT,
  encoding: 'utf8',
}).stdout.trim();
const results = join(ROOT, '.cache', 'test-long', commit);
const words = process.argv.slice(2);
if (words.includes('--again')) rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const named = words.filter((word) => !word.startsWith('--'));
const parts = globSync('test/long/*.ts', { cwd: ROOT })
  .map((file) => basename(file, '.ts'))
  .filter((part) => part !== 'part' && (named.length === 0 || named.includes(part)))
  .sort();

function runPart(part) {
  const file = join(results, `${part}.json`);
  if (existsSync(file)) return { ...JSON.parse(readFileSync(file, 'utf8')), again: true };
  const started = Date.now();
  const run = spawnSync(process.execPath, [join('test', 'long', `${part}.ts`)], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: PART_TIMEOUT_MS,
    maxBuffer: 64 * 2 ** 20,
  });
  const lines = run.stdout.split('\n');
  const figures = lines.find((line) => line.startsWith(MARK))?.slice(MARK.length);
  const result = {
    part,
    claim: lines[0] ?? part,
    held: run.status === 0 && figures !== undefined,
    seconds: Math.round((Date.now() - started) / 1000),
    date: new Date().toISOString().slice(0, 10),
    figures: figures === undefined ? {} : JSON.parse(figures),
  };
  if (result.held) writeFileSync(file, JSON.stringify(result));
  else console.log(run.stdout.slice(-6000), run.stderr.slice(-6000));
  return result;
}

function show(value) {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}

function document(all) {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const sections = all.map((result) => {
    const rows = Object.entries(result.figures).map(([name, value]) => `| ${name} | ${show(value)} |`);
    return `## ${result.part}: ${result.held ? 'held' : 'did not hold'}\n\n${result.claim}.\n\nRun on ${result.date}, ${result.seconds} s.\n\n| figure | value |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return `# The long tier\n\nCommit \`${commit}\`. ${machine}. Every process of a part ran on this one machine.\nThe command: \`npm run test:long\`.\n\n${sections.join('\n')}`;
}

const all = parts.map((part) => {
  const result = runPart(part);
  console.log(
    `${result.held ? 'held  ' : 'FAILED'} ${part} (${result.seconds} s${result.again ? ', before' : ''})`,
  );
  return result;
});
if (named.length === 0) {
  mkdirSync(join(ROOT, 'docs', 'figures'), { recursive: true });
  writeFileSync(join(ROOT, 'docs', 'figures', 'long-tier.md'), document(all));
}
const failed = all.filter((result) => !result.held).length;
console.log(`${all.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
