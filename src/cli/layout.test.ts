import assert from 'node:assert/strict';
import { test } from 'node:test';
import { humanDuration, humanShare, humanSize, parseRate } from './human.ts';
import { layOut } from './table.ts';
import { widthOf } from './text.ts';

const columns = [
  { title: 'NAME', shrinks: true },
  { title: 'SIZE', align: 'right' as const },
  { title: 'WHERE', shrinks: true },
];
const rows = [
  ['a-very-long-name-that-does-not-fit-in-here.tar.gz', '1.0 GiB', 'somewhere.example.org:5000'],
  ['文件名很长的一个文件.txt', '5 B', 'x:1'],
];

test('a table fits the terminal, and what does not shrink is whole', () => {
  const lines = layOut(columns, rows, 40);
  for (const line of lines) assert.ok(widthOf(line) <= 40, line);
  assert.match(lines[1] ?? '', /1\.0 GiB/);
  assert.match(lines[1] ?? '', /…/);
});

test('elsewhere nothing is cut', () => {
  const lines = layOut(columns, rows, null);
  for (const cell of rows.flat()) assert.ok(lines.join('\n').includes(cell), cell);
});

test('a terminal too narrow for anything still gets its lines', () => {
  assert.equal(layOut(columns, rows, 5).length, 3);
});

test('sizes, shares and times are as people write them', () => {
  assert.equal(humanSize(0, 'en'), '0 B');
  assert.equal(humanSize(1023, 'en'), '1023 B'.replace('1023', '1,023'));
  assert.equal(humanSize(1536, 'es'), '1,5 KiB');
  assert.equal(humanSize(2 * 1024 ** 3, 'en'), '2.0 GiB');
  assert.equal(humanShare(0.9999, 'en'), '99.9 %');
  assert.equal(humanShare(1, 'en'), '100 %');
  assert.equal(humanShare(null, 'en'), '–');
  assert.equal(humanDuration(185), '3:05');
});

test('rates are read with their units, and nothing else is', () => {
  assert.equal(parseRate('500k'), 500 * 1024);
  assert.equal(parseRate('1.5MiB/s'), 1.5 * 1024 ** 2);
  assert.equal(parseRate('800'), 800);
  for (const text of ['', '0', 'fast', '-1', '1x', '1 m m']) assert.equal(parseRate(text), null, text);
});
