/**
 * Brings the project's own tools in, once: plain JavaScript, because it must run on whatever Node the machine has.
 * Installs when the stamp of package.json and the lock file differs from what was installed last; else does nothing.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.anillo-stamp');
const LOCK = join(ROOT, '.set-up-lock');
/** A set-up takes under a minute, many on a slow line. */
const WAIT_MAX_MS = 10 * 60_000;
const POLL_MS = 250;

/** @returns {string} the project's own Node */
export function nodeBinary() {
  return join(MODULES, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
}

/** @returns {boolean} whether what is installed matches package.json and the lock file, and its Node runs */
export function isSetUp() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp() && existsSync(nodeBinary());
}

/** Installs unless that was done; a second one at the same time waits for the first. */
export function setUp() {
  if (isSetUp()) return;
  withLock(() => {
    if (isSetUp()) return;
    process.stderr.write('Setting up (once): installing the packages that the project needs…\n');
    install();
    checkNode();
    writeFileSync(STAMP, stamp());
  });
}

function stamp() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(ROOT, name)));
  return hash.digest('hex');
}

function install() {
  // `npm ci` insists on optional packages of other platforms that a registry may lack.
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ];
  const env = { ...process.env };
  delete env.NODE_ENV;
  for (const key of Object.keys(env)) {
    if (/^npm_(config|lifecycle|package)_/i.test(key) && !/registry|cafile|proxy|cache|userconfig/i.test(key))
      delete env[key];
  }
  const windows = process.platform === 'win32';
  const result = spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 2, 2],
    shell: windows,
  });
  if (result.status !== 0) {
    fail(
      'npm could not install the packages (see above). Check the network or the registry, then run the command again.',
    );
  }
}

function checkNode() {
  const result = spawnSync(nodeBinary(), ['--version'], { encoding: 'utf8' });
  if (result.status !== 0) {
    fail(
      'the project\'s own Node did not install: its install script was skipped. Run "npm rebuild node" and try again.',
    );
  }
}

function withLock(work) {
  const deadline = Date.now() + WAIT_MAX_MS;
  let told = null;
  for (let holder = takeLock(); holder !== null; holder = takeLock()) {
    if (Date.now() > deadline)
      fail(`another set-up (PID ${holder}) does not end; stop it, or delete ${LOCK}.`);
    if (told !== holder)
      process.stderr.write(`anillo: another set-up is running (PID ${holder}); waiting for it…\n`);
    told = holder;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  try {
    work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

/**
 * The lock appears whole, with the PID of its holder in it, so that it never outlives its holder.
 * @returns {number | null} null: taken; else the PID of the process that holds it
 */
function takeLock() {
  const own = `${LOCK}-${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (;;) {
      if (linked(own)) return null;
      const holder = holderOf(LOCK);
      if (isAlive(holder)) return holder;
      breakLock(`${own}-broken`);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} file */
function linked(file) {
  try {
    linkSync(file, LOCK);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Moved aside first: only one of several waiting ones gets it, and a lock that is new meanwhile is put back. */
function breakLock(aside) {
  try {
    renameSync(LOCK, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (isAlive(holderOf(aside))) linked(aside);
  rmSync(aside, { recursive: true, force: true });
}

/** @param {string} file @returns {number} 0 where nobody is named */
function holderOf(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0;
  } catch {
    return 0;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function fail(message) {
  process.stderr.write(`anillo: ${message}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
