import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { idOf, searchResult } from './answering-server.test-support.ts';
import { choosePublisher, matchName, plainName } from './file-choice.ts';
import type { SearchResult } from './schemas/shared.ts';

const OTHER_CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

const whole = (results: readonly SearchResult[]) => ({ results: [...results], truncated: false });
const cutShort = (results: readonly SearchResult[]) => ({ results: [...results], truncated: true });

function failure(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
  }
  throw new Error('it did not fail with a problem');
}

async function rejection(work: Promise<unknown>): Promise<Problem> {
  return work.then(
    () => assert.fail('it did not fail'),
    (error: Problem) => error,
  );
}

const holder = (digits: string) => ({
  id: idOf(digits),
  address: `${digits}:1`,
  download: `${digits}:2`,
  state: 'active' as const,
});

test('the exact path comes before files that only end in it', () => {
  const results = [searchResult('docs/README'), searchResult('README'), searchResult('lib/README')];
  assert.deepEqual(
    matchName('README', whole(results)).map(({ name }) => name),
    ['README'],
  );
});

test('a last component is enough when one path ends in it', () => {
  const results = [searchResult('docs/guide.md'), searchResult('docs/guide.md.bak')];
  assert.equal(matchName('guide.md', whole(results))[0]?.name, 'docs/guide.md');
});

test('a last component of several paths exits 3 and lists them', () => {
  const results = [searchResult('b/README'), searchResult('a/README')];
  const problem = failure(() => matchName('README', whole(results)));
  assert.equal(problem.code, 'name_not_unique');
  assert.equal(problem.exitCode, 3);
  assert.match(problem.message, /a\/README\n {2}b\/README/);
});

test('a long list of candidates is cut for people, who are told how many are left, and whole for programs', () => {
  const results = Array.from({ length: 80 }, (_, index) => searchResult(`d${index}/README`));
  const { message, details } = failure(() => matchName('README', whole(results)));
  assert.ok(message.split('\n').length < 60);
  assert.match(message, /\+30/);
  assert.deepEqual(details.candidates, results.map(({ name }) => name).sort());
});

test('of an answer with a part missing, only what that part cannot change is taken', () => {
  const nested = searchResult('a/README');
  assert.equal(matchName('README', cutShort([nested, searchResult('README')]))[0]?.name, 'README');
  assert.equal(failure(() => matchName('README', cutShort([nested, searchResult('b/README')]))).exitCode, 3);
  for (const results of [[], [nested]]) {
    const problem = failure(() => matchName('README', cutShort(results)));
    assert.deepEqual([problem.code, problem.exitCode], ['answer_incomplete', 4]);
  }
});

test('./ before a name keeps it from looking like a flag and is no part of it', () => {
  assert.equal(plainName('./-x'), '-x');
  assert.equal(plainName('././x'), './x');
  assert.equal(plainName('docs/./x'), 'docs/./x');
});

test('the end of a path is no name: only a whole path or a last component is', () => {
  assert.equal(failure(() => matchName('b/c.txt', whole([searchResult('a/b/c.txt')]))).code, 'not_found');
  assert.equal(failure(() => matchName('c.txt', whole([]))).exitCode, 3);
});

test('a name typed in decomposed letters finds the composed one', () => {
  assert.equal(matchName('año.txt'.normalize('NFD'), whole([searchResult('año.txt')]))[0]?.name, 'año.txt');
});

test('several publishers of the same bytes are no question, and all their holders serve', async () => {
  const matches = [
    searchResult('x', { publisher: idOf('aa'), providers: [holder('01'), holder('02')] }),
    searchResult('x', { publisher: idOf('bb'), providers: [holder('02'), holder('03')] }),
  ];
  const chosen = await choosePublisher(matches, { type: 'only' });
  assert.deepEqual(
    chosen.providers.map(({ address }) => address),
    ['01:1', '02:1', '03:1'],
  );
});

test('different bytes from several publishers exit 1 with both listed, unless one is chosen', async () => {
  const older = searchResult('x', { publisher: idOf('aa'), seq: '99', size: 1 });
  const newer = searchResult('x', { publisher: idOf('bb'), seq: '100', size: 2, cid: OTHER_CID });
  const matches = [older, newer];
  const problem = await rejection(choosePublisher(matches, { type: 'only' }));
  assert.equal(problem.code, 'name_ambiguous');
  assert.equal(problem.exitCode, 1);
  for (const { publisher } of matches) assert.ok(problem.message.includes(publisher));
  assert.deepEqual(problem.details.candidates, [
    { publisher: idOf('bb'), date: '2023-11-14T22:13:20.000Z', size: 2, cid: OTHER_CID },
    { publisher: idOf('aa'), date: '2023-11-14T22:13:20.000Z', size: 1, cid: older.cid },
  ]);

  // As numbers: as texts '99' would be after '100'.
  assert.equal((await choosePublisher(matches, { type: 'newest' })).size, 2);
  assert.equal((await choosePublisher(matches, { type: 'publisher', publisher: 'AA00' })).size, 1);
  assert.equal((await choosePublisher(matches, { type: 'ask', ask: async (all) => all[1] ?? null })).size, 1);
  const unknown = choosePublisher(matches, { type: 'publisher', publisher: 'cc' });
  assert.equal((await rejection(unknown)).exitCode, 3);
  const cancelled = choosePublisher(matches, { type: 'ask', ask: async () => null });
  assert.equal((await rejection(cancelled)).code, 'interrupted');
});
