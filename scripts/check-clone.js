/**
 * What a stranger does first: clones the project into an empty folder, types `npm start`, waits for "ready", puts a file
 * in and gets it back with `npx anillo`, presses Ctrl-C. Run it with the machine's own Node, however old (20 or newer).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const READY_TIMEOUT_MS = 300_000;
const END_TIMEOUT_MS = 30_000;
/** Away from the defaults, so that a network that runs on this machine is not in the way. */
const PORTS = ['--port', '18100', '--node-port', '15100', '--grpc-port', '15151'];

const folder = mkdtempSync(join(tmpdir(), 'anillo-clone-'));
const clone = join(folder, 'anillo');
/** As on a machine where nothing of this project is on the path. */
const env = {
  ...process.env,
  PATH: process.env.PATH.split(':')
    .filter((entry) => !entry.includes('node_modules'))
    .join(':'),
};
let network = null;
let printed = '';

function must(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr}`,
    );
  return result.stdout;
}

async function start() {
  const started = Date.now();
  network = spawn('npm', ['start', '--', ...PORTS], {
    cwd: clone,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "ready" in time:\n${printed}`)), READY_TIMEOUT_MS);
    const read = (chunk) => {
      printed += chunk;
      if (!/^.*\bready\b/m.test(printed)) return;
      clearTimeout(timer);
      resolve();
    };
    network.stdout.on('data', read);
    network.stderr.on('data', read);
    network.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`npm start ended with ${code}:\n${printed}`));
    });
  });
  return Math.round((Date.now() - started) / 1000);
}

/** Ctrl-C: the terminal sends it to the whole group, in which npm and the launcher pass it on once more. */
async function stop() {
  if (network === null || network.exitCode !== null || network.signalCode !== null) return true;
  const ended = new Promise((resolve) => network.once('close', () => resolve(true)));
  process.kill(-network.pid, 'SIGINT');
  const late = new Promise((resolve) => setTimeout(() => resolve(false), END_TIMEOUT_MS));
  const inTime = await Promise.race([ended, late]);
  if (!inTime) process.kill(-network.pid, 'SIGKILL');
  return inTime;
}

try {
  must('git', ['clone', '--quiet', ROOT, clone], folder);
  console.log(
    `ok     npm start in a fresh clone, on Node ${must('node', ['--version'], folder).trim()}: ready after ${await start()} s`,
  );
  writeFileSync(join(folder, 'greeting.txt'), 'hola\n');
  must(
    'npx',
    ['anillo', 'put', join(folder, 'greeting.txt'), '--portmapper', 'http://127.0.0.1:18100'],
    clone,
  );
  must(
    'npx',
    [
      'anillo',
      'get',
      'greeting.txt',
      '-o',
      join(folder, 'back.txt'),
      '--portmapper',
      'http://127.0.0.1:18100',
    ],
    clone,
  );
  if (readFileSync(join(folder, 'back.txt'), 'utf8') !== 'hola\n')
    throw new Error('the file came back changed');
  console.log('ok     a file went in and came out by npx anillo');
  if (must('git', ['status', '--porcelain'], clone) !== '')
    throw new Error('the clone is not clean after its use');
  if (!(await stop())) throw new Error('Ctrl-C did not end the network');
  if (!/^Stopped\./m.test(printed)) throw new Error(`the network was not stopped cleanly:\n${printed}`);
  console.log('ok     the tree is clean, and one Ctrl-C stops the network cleanly');
} catch (error) {
  console.log(`FAILED the first use of a fresh clone\n${error.message}`);
  process.exitCode = 1;
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
