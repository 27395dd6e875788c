import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../problems/problem.ts';
import { checkName, nameFault } from './name.ts';

const refused = (raw: string) =>
  assert.throws(
    () => checkName(raw),
    (error) => error instanceof Problem && error.code === 'bad_name' && error.status === 400,
    JSON.stringify(raw),
  );

test('names that would leave the folder, or are none, are refused', () => {
  const names = [
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    '.',
    './x',
    'a//b',
    'a/',
    'a\0b',
    'a\nb',
    '\u007f',
  ];
  for (const name of names) refused(name);
});

test('names that would leave the folder when somebody decodes them once more are refused', () => {
  for (const name of [
    '%2e%2e%2fx',
    '%2E%2E/x',
    'a/%2e%2e/%2e%2e/x',
    '%2fetc',
    'a%00b',
    '%252e%252e%252fx',
    '..%5cx',
  ]) {
    refused(name);
  }
});

test('hidden names are refused, and with them the folder where the library keeps its own files', () => {
  for (const name of ['.anillo', '.anillo/folder', '.bashrc', 'a/.git/config', '.anilloignore'])
    refused(name);
});

test('a component of 255 bytes is a name, one of 256 is not', () => {
  assert.equal(checkName('a'.repeat(255)), 'a'.repeat(255));
  assert.equal(checkName(`dir/${'ñ'.repeat(127)}x`), `dir/${'ñ'.repeat(127)}x`);
  refused('a'.repeat(256));
  refused('ñ'.repeat(128));
});

test('a path of 4,096 bytes is a name, a longer one is not', () => {
  const path = `${'a'.repeat(250)}/`.repeat(16);
  assert.equal(checkName(path + 'b'.repeat(4_096 - path.length)).length, 4_096);
  refused(path + 'b'.repeat(4_097 - path.length));
});

test('spaces, accents, emoji, a leading dash, a backslash and percent signs are kept; the form is NFC', () => {
  for (const name of [
    '-x',
    'a b/c  d',
    '🎉 fiesta.txt',
    'a\\b',
    '100%',
    '50%2f50',
    'Año.txt',
    'ÑANDÚ/x',
    '%2e.txt',
  ]) {
    assert.equal(checkName(name), name);
  }
  assert.equal(checkName('An\u0303o'), 'Año');
});

test('a lone surrogate is not Unicode', () => refused('a\ud800b'));

const component = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.oneof(component, fc.constantFrom('..', '.', '', '%2e%2e', '.anillo', '\\')), { maxLength: 6 })
    .map((parts) => parts.join('/')),
);

test('whatever is accepted stays below the folder, and is accepted again as it is', () => {
  fc.assert(
    fc.property(anyName, (raw) => {
      if (nameFault(raw) !== null) return;
      const name = checkName(raw);
      assert.ok(posix.join('/shared', name).startsWith('/shared/'));
      assert.equal(posix.normalize(name), name);
      assert.equal(name.normalize('NFC'), name);
      assert.ok(name.split('/').every((part) => !part.startsWith('.') && Buffer.byteLength(part) <= 255));
      assert.equal(checkName(name), name);
    }),
    { numRuns: 500 },
  );
});

test('a name is refused or accepted with Problem and nothing else', () => {
  fc.assert(
    fc.property(anyName, (raw) => {
      try {
        checkName(raw);
      } catch (error) {
        assert.ok(error instanceof Problem && error.code === 'bad_name');
        assert.ok(error.message.length < 400);
      }
    }),
  );
});
