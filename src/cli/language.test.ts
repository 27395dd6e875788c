import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROBLEMS } from '../problems/table.ts';
import { chooseLanguage, speak } from './language.ts';
import { en } from './messages/en.ts';
import { es } from './messages/es.ts';

function placeholders(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort();
}

test('both languages have every sentence, with the same details in it', () => {
  assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    assert.deepEqual(placeholders(es[key as keyof typeof en]), placeholders(text), key);
    assert.notEqual(es[key as keyof typeof en].trim(), '', key);
  }
  for (const [code, row] of Object.entries(PROBLEMS)) {
    assert.deepEqual(placeholders(row.es), placeholders(row.en), code);
  }
});

test('every sentence is said somewhere', () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('.test') && !file.startsWith('messages'))
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('\n');
  const computed = [...sources.matchAll(/`([a-z]+\.)\$\{/g)].map(([, start]) => start ?? '');
  const unsaid = Object.keys(en).filter(
    (key) => !sources.includes(`'${key}'`) && !computed.some((start) => key.startsWith(start)),
  );
  assert.deepEqual(unsaid, []);
});

test('the language is what --lang says, else what the locale says, else English', () => {
  assert.equal(chooseLanguage([], {}), 'en');
  assert.equal(chooseLanguage([], { LANG: 'es_MX.UTF-8' }), 'es');
  assert.equal(chooseLanguage([], { LANG: 'es_ES', LC_MESSAGES: 'en_GB' }), 'en');
  assert.equal(chooseLanguage([], { LANG: 'en_US', LC_ALL: 'es' }), 'es');
  assert.equal(chooseLanguage([], { LANG: 'est_EE' }), 'en');
  assert.equal(chooseLanguage(['ls', '--lang', 'en'], { LANG: 'es' }), 'en');
  assert.equal(chooseLanguage(['ls', '--lang=es'], {}), 'es');
  assert.equal(chooseLanguage(['get', '--', '--lang=es'], {}), 'en');
});

test('details go into their places', () => {
  assert.equal(speak('es')('find.none', { query: 'x' }), 'Nada se llama x.');
});
