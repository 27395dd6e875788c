import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf } from '../client/answering-server.test-support.ts';
import type { RingMember } from '../client/schemas/shared.ts';
import { speak } from './language.ts';
import { ASCII_PENS, drawRing, pensFor, UNICODE_PENS } from './ring-picture.ts';
import { ringSvg } from './ring-svg.ts';
import { widthOf } from './text.ts';

const say = speak('en');

function ringOf(count: number, state: (index: number) => RingMember['state'] = () => 'active'): RingMember[] {
  const id = (index: number): string => idOf(`${((index % count) + 16).toString(16)}abcdef`);
  return Array.from({ length: count }, (_, index) => ({
    id: id(index),
    address: `127.0.0.1:${5000 + index}`,
    state: state(index),
    successors: [id(index + 1), id(index + 2)],
  }));
}

test('every member stands once on the circle and once in the order, within the columns', () => {
  for (const count of [2, 3, 4, 7, 12]) {
    const lines = drawRing(ringOf(count), say, UNICODE_PENS, 80);
    const text = lines.join('\n');
    for (const { address } of ringOf(count))
      assert.equal(text.split(`${address}`).length - 1, 2, `${count}\n${text}`);
    for (const line of lines) assert.ok(widthOf(line) <= 100, line);
  }
});

test('who is away is marked, in the picture and among successors', () => {
  const lines = drawRing(
    ringOf(3, (index) => (index === 1 ? 'inactive' : 'active')),
    say,
    UNICODE_PENS,
    80,
  );
  const order = lines.slice(-3);
  assert.match(order[0] ?? '', /→ \(11abcdef\) 12abcdef/);
  assert.match(order[1] ?? '', /○ 11abcdef .*inactive/);
});

test('many members, or a narrow terminal, get the order alone', () => {
  assert.equal(drawRing(ringOf(40), say, UNICODE_PENS, 120).length, 40);
  assert.equal(drawRing(ringOf(3), say, UNICODE_PENS, 40).length, 3);
  assert.deepEqual(drawRing([], say, UNICODE_PENS, 80), []);
  assert.equal(drawRing(ringOf(1), say, UNICODE_PENS, 80).length, 1);
});

test('without UTF-8 the picture is ASCII', () => {
  assert.equal(pensFor({ LANG: 'C' }), ASCII_PENS);
  assert.equal(pensFor({ LANG: 'es_ES.utf8' }), UNICODE_PENS);
  const text = drawRing(ringOf(5), say, ASCII_PENS, 80).join('\n');
  assert.match(text, /^[\x20-\x7e\n]*$/);
});

test('the SVG names every node, joins it to its successor, and nothing a remote said breaks it', () => {
  const members = ringOf(4);
  const evil = { ...(members[0] as RingMember), address: '<script>&"\u001b' };
  const svg = ringSvg([evil, ...members.slice(1)], say);
  assert.ok(!svg.includes('<script>') && !svg.includes('\u001b'));
  assert.match(svg, /&lt;script&gt;&amp;&quot;\\x1b/);
  assert.equal(svg.match(/class="successor"/g)?.length, 4);
  assert.equal(svg.match(/<circle class="active"/g)?.length, 4);
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.doesNotMatch(svg, /NaN|undefined/);
  assert.doesNotMatch(ringSvg([], say), /NaN|undefined/);
});
