import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonLine, padEnd, printable, shorten, widthOf } from './text.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

test('no name can steer the terminal: escapes, line breaks and turned text are shown, not done', () => {
  assert.equal(printable('\u001b[2Jgone\r\n'), '\\x1b[2Jgone\\x0d\\x0a');
  assert.equal(printable('\u009b31m'), '\\x9b31m');
  assert.equal(printable('gpj.\u202eexe'), 'gpj.\\u202eexe');
  assert.equal(printable('año 文件 🎉.txt'), 'año 文件 🎉.txt');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !STEERING.test(printable(text))));
});

test('a JSON line is the same data without a character that steers', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const line = jsonLine({ name });
      assert.ok(!STEERING.test(line));
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify({ name })));
    }),
  );
});

test('widths follow what a terminal shows', () => {
  const widths = { 'a b': 3, año: 3, 'an\u0303o': 3, 文件: 4, '🎉': 2, '👩‍💻': 2, '🇪🇸': 2 };
  for (const [text, width] of Object.entries(widths)) assert.equal(widthOf(text), width, text);
  assert.equal(widthOf(padEnd('文', 5)), 5);
});

test('a shortened text fits and never cuts a character in two', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (raw, columns) => {
      const text = printable(raw);
      const short = shorten(text, columns);
      assert.ok(widthOf(short) <= columns);
      assert.ok(short === text || text.startsWith(short.slice(0, -1)));
    }),
  );
});
