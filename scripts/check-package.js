/**
 * The package as others install it: packed, installed in an empty folder on the Node in use, and asked to do the main
 * job: a network on one machine, a file in at one node and out at another.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const READY_TIMEOUT_MS = 60_000;
/** Away from the defaults, so that a network that runs on this machine is not in the way. */
const PORTS = ['--port', '18000', '--node-port', '15000', '--grpc-port', '15051'];

const folder = mkdtempSync(join(tmpdir(), 'anillo-package-'));
let network = null;

function must(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8', ...options });
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${result.status}\n${result.stdout}${result.stderr}`,
    );
  }
  return result.stdout;
}

function anillo(...args) {
  return must(NODE, [join(folder, 'node_modules', 'anillo', 'bin', 'anillo.js'), ...args]);
}

async function startNetwork() {
  const bin = join(folder, 'node_modules', 'anillo', 'bin', 'anillo.js');
  network = spawn(NODE, [bin, 'up', '--nodes', '2', '--dir', join(folder, 'network'), ...PORTS], {
    cwd: folder,
  });
  let printed = '';
  network.stderr.on('data', (chunk) => {
    printed += chunk;
  });
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${printed}`)), READY_TIMEOUT_MS);
    network.stdout.on('data', (chunk) => {
      printed += chunk;
      if (!/\bready\b/.test(printed)) return;
      clearTimeout(timer);
      resolve();
    });
    network.on('exit', (code) => reject(new Error(`up ended with ${code}:\n${printed}`)));
  });
}

async function stopNetwork() {
  if (network === null || network.exitCode !== null) return;
  const ended = new Promise((resolve) => network.once('exit', resolve));
  network.kill('SIGTERM');
  await ended;
}

try {
  const tarball = must('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT })
    .trim()
    .split('\n')
    .at(-1);
  writeFileSync(join(folder, 'package.json'), '{"name":"elsewhere","private":true}\n');
  must('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', join(folder, tarball)]);
  console.log(`ok     packed and installed elsewhere: anillo ${anillo('--version').trim()}`);
  await startNetwork();
  const sent = join(folder, 'greeting.txt');
  writeFileSync(sent, 'hola\n');
  anillo('put', sent, '--node', 'http://127.0.0.1:15000');
  anillo('get', 'greeting.txt', '--portmapper', 'http://127.0.0.1:18000', '-o', join(folder, 'back.txt'));
  if (readFileSync(join(folder, 'back.txt'), 'utf8') !== 'hola\n')
    throw new Error('the file came back changed');
  console.log('ok     the installed package runs a network, takes a file in and gives it out');
} catch (error) {
  console.log(`FAILED the package as others install it\n${error.message}`);
  process.exitCode = 1;
} finally {
  await stopNetwork();
  rmSync(folder, { recursive: true, force: true });
}
