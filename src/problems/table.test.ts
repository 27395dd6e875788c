import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.ts';
import { PROBLEMS } from './table.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/problems.md', import.meta.url));

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
}

test('the document and the table have the same rows', () => {
  const documented = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `(\w+)` \| (\d+) \| (\d) \|/gm)].map(
    ([, code, status, exitCode]) => ({ code, status: Number(status), exitCode: Number(exitCode) }),
  );
  const rows = Object.entries(PROBLEMS).map(([code, row]) => ({
    code,
    status: row.status,
    exitCode: row.exitCode,
  }));
  const byCode = (a: { code: string | undefined }, b: { code: string | undefined }) =>
    String(a.code) < String(b.code) ? -1 : 1;
  assert.deepEqual([...documented].sort(byCode), [...rows].sort(byCode));
});

test('both languages of a row name the same details', () => {
  for (const [code, row] of Object.entries(PROBLEMS)) {
    assert.deepEqual(placeholders(row.es), placeholders(row.en), code);
  }
});

test('a problem survives its journey over the wire', () => {
  const sent = new Problem('not_found', { what: 'a.txt' });
  const received = Problem.fromDocument(JSON.parse(JSON.stringify(sent.toDocument())));
  assert.equal(received.code, 'not_found');
  assert.equal(
    received.text('es'),
    'No se encontró a.txt. `anillo find`, `anillo ls` y `anillo trash` muestran lo que hay.',
  );
  assert.equal(received.exitCode, 3);
});

test('a list in the details stays a list over the wire, and is one line for each to people', () => {
  const candidates = [
    { id: 'aaaaaa1', address: 'h:1' },
    { id: 'aaaaaa2', address: 'h:2' },
  ];
  const sent = new Problem('prefix_not_unique', { prefix: 'aaaaaa', candidates });
  const received = Problem.fromDocument(JSON.parse(JSON.stringify(sent.toDocument())));
  assert.deepEqual(received.details, sent.details);
  assert.match(received.message, /\n {2}aaaaaa1 {2}h:1\n {2}aaaaaa2 {2}h:2\n/);
  const odd = { code: 'not_found', details: { what: 'x', list: [null, { deep: {} }, 'a'], none: null } };
  assert.deepEqual(Problem.fromDocument(odd).details, { what: 'x', list: [{}, 'a'] });
});

test('what is not a problem document becomes an internal problem, whatever it is', () => {
  for (const document of [null, 7, 'x', [], {}, { code: 'no_such_code' }, { code: 'toString' }]) {
    assert.equal(Problem.fromDocument(document).code, 'internal');
  }
});
