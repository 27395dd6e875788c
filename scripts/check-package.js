/**
 * The package as others install it: packed, installed in an empty folder, and asked to do the main job, on the oldest
 * Node that it supports and on the project's own: a network on one machine, a file in at one node and out at another.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OWN_NODE = join(ROOT, 'node_modules', '.bin', 'node');
const OLDEST_NODE = 24;
const READY_TIMEOUT_MS = 120_000;
/** Away from the defaults, so that a network that runs on this machine is not in the way. */
const PORTS = ['--port', '18000', '--node-port', '15000', '--grpc-port', '15051'];

const folder = mkdtempSync(join(tmpdir(), 'anillo-package-'));
const bin = join(folder, 'node_modules', 'anillo', 'bin', 'anillo.js');
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

function install() {
  const packing = ['pack', '--silent', '--pack-destination', folder];
  const tarball = must('npm', packing, { cwd: ROOT }).trim().split('\n').at(-1);
  writeFileSync(join(folder, 'package.json'), '{"name":"elsewhere","private":true}\n');
  must('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', join(folder, tarball)]);
}

/** @returns {string} path of the oldest Node, in a folder of its own */
function installOldestNode() {
  const elsewhere = join(folder, 'oldest-node');
  must('npm', ['install', '--no-audit', '--no-fund', '--prefix', elsewhere, `node@${OLDEST_NODE}`]);
  return join(elsewhere, 'node_modules', '.bin', 'node');
}

async function startNetwork(node, dir) {
  network = spawn(node, [bin, 'up', '--nodes', '2', '--dir', dir, ...PORTS], { cwd: folder });
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
    network.on('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`up ended with ${code}:\n${printed}`));
    });
  });
}

async function stopNetwork() {
  if (network === null || network.exitCode !== null) return;
  const ended = new Promise((resolve) => network.once('exit', resolve));
  network.kill('SIGTERM');
  await ended;
}

async function doTheMainJob(node) {
  const version = must(node, ['--version']).trim();
  const anillo = (...args) => must(node, [bin, ...args]);
  await startNetwork(node, join(folder, `network-${version}`));
  const sent = join(folder, 'greeting.txt');
  const back = join(folder, `back-${version}.txt`);
  writeFileSync(sent, 'hola\n');
  anillo('put', sent, '--node', 'http://127.0.0.1:15000');
  anillo('get', 'greeting.txt', '--portmapper', 'http://127.0.0.1:18000', '-o', back);
  if (readFileSync(back, 'utf8') !== 'hola\n') throw new Error('the file came back changed');
  await stopNetwork();
  console.log(
    `ok     on Node ${version} anillo ${anillo('--version').trim()} runs a network, takes a file in and gives it out`,
  );
}

try {
  install();
  console.log('ok     packed and installed elsewhere');
  await doTheMainJob(OWN_NODE);
  await doTheMainJob(installOldestNode());
} catch (error) {
  console.log(`FAILED the package as others install it\n${error.message}`);
  process.exitCode = 1;
} finally {
  await stopNetwork();
  rmSync(folder, { recursive: true, force: true });
}
