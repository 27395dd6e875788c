/** What `put` brings and what it tells, as a process. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { anillo, closeNetwork, ENTRY, folder, network } from './anillo.test-support.ts';

after(closeNetwork);

test('files, and stdin, are put with their names; a leading dash is no flag after --', async () => {
  writeFileSync(join(folder, '-x'), 'dash');
  const dash = await anillo(['put', '--json', '--', '-x']);
  assert.equal(JSON.parse(dash.stdout).name, '-x', dash.stderr);
  const piped = await anillo(['put', '-', '--name', 'in.txt', '--json']);
  assert.equal(JSON.parse(piped.stdout).size, 'from a pipe'.length, piped.stderr);
  const several = await anillo(['put', './-x', ENTRY, '--json']);
  assert.deepEqual(
    several.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name)
      .sort(),
    ['-x', 'entry.ts'],
  );
});

test('of many files those that fail are one line each with the code; those before a final failure are told as well', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  for (const name of ['bad1', 'bad2', 'good']) writeFileSync(join(tree, name), name);
  writeFileSync(join(tree, '.hidden'), '');
  const mixed = await anillo(['put', 'tree', '--json']);
  assert.equal(mixed.code, 1, mixed.stderr);
  const lines = mixed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = lines.map((line) => [line.state, line.name, line.problem?.code]);
  assert.deepEqual(told, [
    ['stored', 'tree/good', undefined],
    ['failed', 'tree/bad1', 'bad_name'],
    ['failed', 'tree/bad2', 'bad_name'],
    [undefined, undefined, 'some_failed'],
  ]);
  assert.equal(lines[1].problem.details.reason, 'so');
  assert.match(mixed.stderr, /1 entries were passed over/);
  assert.ok(
    network.asked.some((line) => /placement\?.*replicas=3/.test(line)),
    'more than one place to go',
  );

  writeFileSync(join(tree, 'full'), '');
  const final = await anillo(['put', 'tree', '--json']);
  assert.equal(final.code, 1);
  const codes = final.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).problem?.code);
  assert.deepEqual(codes.slice(-3), ['bad_name', 'bad_name', 'no_space']);
  assert.match(final.stderr, /bad1: "bad" is not a valid name: so\n/);
});
