/**
 * The long tier: every claim at full size, each part a process of its own. Resumable: a part that held for this code is
 * not run again (`--again` forgets that); one that fails does not stop the others. Writes what is known to docs/figures: of
 * a part that was not run for this code, what was known of it last, with the commit.
 *   npm run test:long            all parts
 *   npm run test:long -- NAME…   some of them
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs', 'figures', 'long-tier.md');
const PART_TIMEOUT_MS = 45 * 60_000;
const MARK = '@figures ';
/** What the figures depend on: a commit that touches nothing of it leaves them valid. */
const CODE = ['src', 'bin', 'proto', 'test', 'bench', 'package.json', 'package-lock.json'];

function git(...args) {
  return spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }).stdout.trim();
}

/** Of the files as they are on disk, committed or not. */
function hashOfCode() {
  const hash = createHash('sha256');
  const files = git('ls-files', '--cached', '--others', '--exclude-standard', '--', ...CODE).split('\n');
  for (const file of files.sort()) {
    if (existsSync(join(ROOT, file))) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The last commit that touched the code. */
function commitOfCode() {
  const commit = git('log', '-1', '--format=%h', '--', ...CODE);
  return git('status', '--porcelain', '--', ...CODE) === '' ? commit : `${commit}, with changes`;
}

const words = process.argv.slice(2);
const cache = join(ROOT, '.cache', 'test-long');
const results = join(cache, hashOfCode());
if (words.includes('--again')) rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const named = words.filter((word) => !word.startsWith('--'));
const parts = globSync('test/long/*.ts', { cwd: ROOT })
  .map((file) => basename(file, '.ts'))
  .filter((part) => part !== 'part')
  .sort();
const unknown = named.filter((name) => !parts.includes(name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}; there are ${parts.join(', ')}.`);
  process.exit(2);
}

/** What is known of a part for this code, or null. */
function known(part) {
  const file = join(results, `${part}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/** What was known of a part last, for other code; null when it was never run. */
function earlier(part) {
  const files = globSync(`*/${part}.json`, { cwd: cache }).map((file) => join(cache, file));
  const [newest] = files.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return newest === undefined ? null : JSON.parse(readFileSync(newest, 'utf8'));
}

function runPart(part) {
  const started = Date.now();
  const run = spawnSync(process.execPath, [join('test', 'long', `${part}.ts`)], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: PART_TIMEOUT_MS,
    maxBuffer: 64 * 2 ** 20,
  });
  const [claim = part, seed = '', ...lines] = run.stdout.split('\n');
  const figures = lines.find((line) => line.startsWith(MARK))?.slice(MARK.length);
  const result = {
    part,
    commit: commitOfCode(),
    claim,
    held: run.status === 0 && figures !== undefined,
    seconds: Math.round((Date.now() - started) / 1000),
    date: new Date().toISOString().slice(0, 10),
    seed: /ANILLO_SEED=(\d+)/.exec(seed)?.[1] ?? '',
    figures: figures === undefined ? {} : JSON.parse(figures),
  };
  if (!result.held) console.log(run.stdout.slice(-6000), run.stderr.slice(-6000));
  writeFileSync(join(results, `${part}.json`), JSON.stringify(result));
  return result;
}

function show(value) {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);
}

function section(part) {
  const result = known(part) ?? earlier(part);
  if (result === null) return `## ${part}: not run\n`;
  const { claim, held, date, commit, seconds, seed, figures } = result;
  const rows = Object.entries(figures).map(([name, value]) => `| ${name} | ${show(value)} |`);
  const table = rows.length === 0 ? '' : `\n| figure | value |\n|---|---|\n${rows.join('\n')}\n`;
  const run = `Run on ${date} at commit \`${commit}\`, ${seconds} s, seed ${seed}.`;
  return `## ${part}: ${held ? 'held' : 'did not hold'}\n\n${claim}.\n\n${run}\n${table}`;
}

function document() {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Node ${process.version}`;
  const head = `# The long tier\n\n${machine}. Every process of a part ran on this one machine.\nThe command: \`npm run test:long\`.\n`;
  return `${head}\n${parts.map(section).join('\n')}`;
}

let failed = 0;
const asked = named.length === 0 ? parts : named;
for (const part of asked) {
  const before = known(part);
  const again = before?.held === true;
  const { held, seconds, seed } = again ? before : runPart(part);
  if (!held) failed += 1;
  console.log(`${held ? 'held  ' : 'FAILED'} ${part} (${seconds} s, seed ${seed}${again ? ', before' : ''})`);
  mkdirSync(join(ROOT, 'docs', 'figures'), { recursive: true });
  writeFileSync(DOCUMENT, document());
}
console.log(`${asked.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
