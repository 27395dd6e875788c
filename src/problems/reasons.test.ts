import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.ts';
import { isReasonCode, REASONS } from './reasons.ts';
import { PROBLEMS } from './table.ts';

const SRC = fileURLToPath(new URL('../', import.meta.url));
/** What programs and peers are told, and faults of ours. `usage` comes in the person's language already. */
const FREE = new Set(['bad_request', 'forbidden', 'invalid_record', 'internal', 'usage']);

interface Told {
  readonly place: string;
  readonly text: string;
}

/** Every text that the code gives to a detail which a sentence shows. */
function textsOfDetails(): Told[] {
  return globSync('**/*.ts', { cwd: SRC })
    .filter((file) => !file.includes('.test'))
    .flatMap((file) => {
      const source = readFileSync(SRC + file, 'utf8');
      const calls = source.matchAll(/new Problem\(\s*'(\w+)',\s*\{([^;]*?)\}[,)\s]/g);
      return [...calls].flatMap(([, code = '', details = '']) => {
        if (FREE.has(code)) return [];
        const texts = details.matchAll(/\b(?:reason|what|hint|feature|where|limit): ([^,}]*)/g);
        return [...texts].map(([, text = '']) => ({ place: `${file}: ${code}`, text }));
      });
    });
}

test('no free text stands inside a sentence that is said in two languages', () => {
  const texts = textsOfDetails();
  assert.ok(texts.length > 30, 'the code was read');
  for (const { place, text } of texts) {
    assert.doesNotMatch(text, /['"`][^'"`]*[a-z]{2,} [a-z]{2,}/i, place);
    for (const [, code = ''] of text.matchAll(/'((?:the|in|hint|feature|name|config)\.[\w-]+)'/g))
      assert.ok(isReasonCode(code), `${place}: ${code} has a row`);
  }
});

test('every reason is said in both languages, with no detail in Spanish that English lacks', () => {
  for (const [code, { en, es }] of Object.entries(REASONS)) {
    assert.notEqual(en, es, code);
    const known = new Set([...en.matchAll(/\{\w+\}/g), '{code}'].map(String));
    for (const [detail] of es.matchAll(/\{\w+\}/g)) assert.ok(known.has(detail), `${code}: ${detail}`);
  }
});

test('a reason is said in the reader’s language, and stays a code for programs', () => {
  const problem = new Problem('bad_name', { name: 'a', reason: 'name.hidden' });
  assert.match(problem.text('en'), /hidden names are not shared$/);
  assert.match(problem.text('es'), /los nombres ocultos no se comparten$/);
  assert.equal(problem.toDocument().details.reason, 'name.hidden');
});

test('what the system refused is said in words, with what to do', () => {
  for (const code of ['file_access', 'cannot_write'] as const) {
    const problem = new Problem(code, { path: '/x', reason: 'EISDIR' });
    assert.match(problem.text('en'), /it is a folder; name a file\.$/);
    assert.match(problem.text('es'), /es una carpeta; nombre un archivo\.$/);
  }
});

test('each failure of reaching, finding and keeping says what to do', () => {
  const codes = [
    'not_found',
    'no_nodes',
    'deadline',
    'no_provider',
    'no_space',
    'unknown_layout',
    'internal',
  ];
  for (const code of codes) {
    const { en } = PROBLEMS[code as keyof typeof PROBLEMS];
    assert.match(en, /\. \S|`anillo /, code);
  }
});
