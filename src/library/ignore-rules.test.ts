import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { IgnoreRules, isPassedOver } from './ignore-rules.ts';
import { makeFolders } from './library.test-support.ts';

test('hidden and temporary files are passed over by their name', () => {
  const temporary = [
    '.x',
    '.#lock',
    'a~',
    '#a#',
    'a.swp',
    'a.tmp',
    'a.part',
    'a.crdownload',
    '~$a.docx',
    'A.TMP',
  ];
  for (const name of temporary) assert.ok(isPassedOver(name), name);
  for (const name of ['a', 'a.txt', '#a', 'part', 'tmp', 'a.tmp.txt', '~a', '-'])
    assert.ok(!isPassedOver(name), name);
});

test('rules of a folder count below it, and the deeper ones last', (t) => {
  const { shareDir } = makeFolders(t);
  mkdirSync(join(shareDir, 'docs/deep'), { recursive: true });
  writeFileSync(join(shareDir, '.anilloignore'), '*.log\n/build\nsecret/\n');
  writeFileSync(join(shareDir, 'docs/.anilloignore'), '!keep.log\n/top.txt\n');
  const rules = new IgnoreRules(shareDir);
  const ignored = [
    'a.log',
    'docs/a.log',
    'build',
    'build/x',
    'secret/x',
    'docs/secret/x',
    'docs/top.txt',
    '.x/y',
  ];
  for (const path of ignored) assert.ok(rules.ignoresFile(path), path);
  const shared = [
    'a.txt',
    'docs/keep.log',
    'docs/deep/keep.log',
    'docs/build',
    'secret',
    'docs/deep/top.txt',
    'A.LOG',
  ];
  for (const path of shared) assert.ok(!rules.ignoresFile(path), path);
});

test('a file inside an ignored folder cannot be taken back, as in git', (t) => {
  const { shareDir } = makeFolders(t);
  mkdirSync(shareDir, { recursive: true });
  writeFileSync(join(shareDir, '.anilloignore'), 'a/\n!a/b.txt\n');
  assert.ok(new IgnoreRules(shareDir).ignoresFile('a/b.txt'));
});
