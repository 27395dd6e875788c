/** Runs every test of the first tier on the project's own Node; refuses to pass on nothing. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Most of the time the tests wait for processes and conditions; the machine has two cores. */
const CONCURRENCY = 2;
const PER_TEST_TIMEOUT_MS = 300_000;
/** A test that fails may leave a server open, which no timeout of a test covers. */
const RUN_TIMEOUT_MS = 18 * 60_000;

const named = process.argv.slice(2);
const patterns = named.length > 0 ? named : ['src/**/*.test.ts', 'test/*.test.ts', 'bench/**/*.test.ts'];
const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
if (files.length === 0) {
  console.error(`No test file matches ${patterns.join(' ')}.`);
  process.exit(1);
}

const seed = process.env.ANILLO_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
console.log(`ANILLO_SEED=${seed} (set it to replay this run)`);
const { status, error } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${PER_TEST_TIMEOUT_MS}`,
    '--test-reporter=spec',
    ...files,
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ANILLO_SEED: seed }, timeout: RUN_TIMEOUT_MS },
);
if (error !== undefined) console.error(`The tests did not end by themselves: ${error.message}`);
process.exit(status ?? 1);
