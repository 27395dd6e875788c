/** `anillo simulate` as a process: what it prints, what it refuses, and that every figure has its words. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { anillo, anilloJson } from '../../test/anillo.ts';
import { SCENARIOS } from '../simulator/scenarios.ts';
import { en } from './messages/en.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-simulate-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = ['simulate', '--scenario', 'bootstrap', '--nodes', '6', '--seed', '11'];

interface Simulated {
  readonly seed: number;
  readonly nodes: number;
  readonly scenario: string;
  readonly traceHash: string;
  readonly violations: readonly unknown[];
}

test('simulate gives one document, and the same one for the same seed', async () => {
  const first = await anilloJson<Simulated>(SMALL);
  const { seed, nodes, scenario, violations, traceHash } = first;
  assert.deepEqual([seed, nodes, scenario, violations], [11, 6, 'bootstrap', []]);
  assert.match(traceHash, /^[0-9a-f]{16}$/);
  assert.deepEqual(await anilloJson(SMALL), first);
});

test('simulate prints seed and draws first and the trace last, and draws the ring', async () => {
  const svg = join(folder, 'ring.svg');
  const { code, stdout } = await anillo([...SMALL, '--svg', svg]);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(code, 0);
  assert.equal(lines[0], 'scenario bootstrap, seed 11, 6 nodes');
  assert.match(lines[1] ?? '', /^drawn \{/);
  assert.match(lines.at(-1) ?? '', /^trace [0-9a-f]{16}$/);
  const picture = readFileSync(svg, 'utf8');
  assert.equal(picture.match(/<circle class="active"/g)?.length, 6);
  assert.equal(picture.match(/<path class="successor"/g)?.length, 6);
  assert.match(picture, /prefers-color-scheme: dark/);
});

test('simulate refuses what is no scenario, number of nodes or seed, as wrong usage', async () => {
  for (const wrong of [
    ['--scenario', 'calm'],
    ['--nodes', '0'],
    ['--nodes', 'ten'],
    ['--seed', '-1'],
    ['extra'],
  ]) {
    const { code, stdout, stderr } = await anillo(['simulate', ...wrong]);
    assert.equal(code, 2, wrong.join(' '));
    assert.equal(stdout, '');
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});

test('every figure that is demanded has its words', () => {
  for (const { demands } of SCENARIOS) for (const { of } of demands) assert.ok(`figure.${of}` in en, of);
});
