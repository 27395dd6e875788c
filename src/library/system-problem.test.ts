import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { systemProblem } from './system-problem.ts';

test('a catalog whose disk is full has no space, as a file has', () => {
  const database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE rows (bytes BLOB); PRAGMA max_page_count = 3;');
  let failure: unknown;
  try {
    for (;;) database.exec('INSERT INTO rows VALUES (zeroblob(4096))');
  } catch (error) {
    failure = error;
  }
  database.close();
  const { code, status, cause } = systemProblem(failure, 'a.txt');
  assert.deepEqual([code, status, cause], ['no_space', 507, failure]);
});

test('a problem stays what it is, and a fault of the program is internal', () => {
  const problem = new Problem('busy', { seconds: 1 });
  assert.equal(systemProblem(problem, 'a.txt'), problem);
  assert.equal(systemProblem(new TypeError('x is not a function'), 'a.txt').code, 'internal');
});
