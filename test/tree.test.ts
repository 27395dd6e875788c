/** A part of a real tree in a shared folder, among names that try everything a name may hold. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TestNetwork } from './network.ts';
import { assertAllPlacesOf, tellTreeStory } from './real-tree.ts';

const SAME_NAME = 620;
const WITHIN_MS = 120_000;
let network: TestNetwork;
let source: string;

before(async () => {
  source = mkdtempSync(join(tmpdir(), 'anillo-tree-'));
  network = await TestNetwork.start({ nodes: 3 });
});
after(async () => {
  await network.stop();
  rmSync(source, { recursive: true, force: true });
});

function write(path: string, content: string): void {
  mkdirSync(join(source, path, '..'), { recursive: true });
  writeFileSync(join(source, path), content);
}

test('every path of a tree is listed and found by its path from another node, whatever the names; a name that hundreds share is never cut', async () => {
  for (let index = 0; index < SAME_NAME; index += 1)
    write(`packages/package-${index}/copyright`, `licence of ${index % 40}`);
  for (const name of [
    'with spaces .txt',
    'año ñandú.txt',
    '😀 emoji.bin',
    '-dash',
    'ñ'.repeat(127),
    `${'x'.repeat(251)}.txt`,
    'per%20cent',
    'a&b=c?d#e',
    'quote\'"s',
  ]) {
    write(`names/${name}`, `content of ${name}`);
  }
  write('names/empty', '');
  symlinkSync('/etc/passwd', join(source, 'names', 'leads-out'));
  if (existsSync('/usr/share/doc/bash'))
    symlinkSync('/usr/share/doc/bash', join(source, 'names', 'leads-out-too'));
  const told = await tellTreeStory(network, { source, sample: 30, withinMs: WITHIN_MS });
  assert.ok(told.files > SAME_NAME);
  assert.equal(await assertAllPlacesOf(network, 'copyright'), SAME_NAME);
});
