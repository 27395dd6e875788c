#!/usr/bin/env node
/**
 * The launcher. In a checkout it sets the project up on first use and runs `src/` on the project's own Node; in an
 * installed package it runs `dist/` on the Node that started it. Plain JavaScript: it must run on an older Node too.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPILED = join(ROOT, 'dist', 'src', 'cli', 'entry.js');
const SOURCE = join(ROOT, 'src', 'cli', 'entry.ts');
const OLDEST_NODE = 24;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const isCheckout = existsSync(SOURCE);
const isRecent = Number(process.versions.node.split('.')[0]) >= OLDEST_NODE;

if (!isCheckout) {
  if (isRecent) await import(pathToFileURL(COMPILED).href);
  else refuse(`Anillo needs Node ${OLDEST_NODE} or newer; this is ${process.version}.`);
} else {
  const { nodeBinary, setUp } = await import('../scripts/set-up.js');
  setUp();
  // Running already on the project's own Node (or one as new): no second process, so signals reach the right one.
  if (isRecent) await import(pathToFileURL(SOURCE).href);
  else runOn(nodeBinary());
}

/** @param {string} node path of a Node that can run TypeScript */
function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; what is sent to this process alone must reach the child as well.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`The project's own Node did not start: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** @param {string} message */
function refuse(message) {
  process.stderr.write(`anillo: ${message}\n`);
  process.exitCode = 1;
}
