import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barPlot } from './bar-plot.ts';
import { linePlot } from './line-plot.ts';
import { table } from './table.ts';

const HOPS = linePlot({
  title: 'Hops & size',
  caption: 'Seeds 1 to 3, 20,000 lookups each; bands are 95 % bounds',
  x: { label: 'nodes', log: true },
  y: { label: 'hops', from: 0 },
  series: [
    {
      name: 'measured',
      marked: true,
      points: [
        { x: 10, y: 1, low: 0.9, high: 1.1 },
        { x: 1_000, y: 3, low: 2.9, high: 3.1 },
      ],
    },
    {
      name: '½ log₂ N',
      kind: 'theory',
      points: [
        { x: 10, y: 1.66 },
        { x: 1_000, y: 4.98 },
      ],
    },
  ],
});

test('a plot names itself, its axes, its series and its samples, for eyes and for screen readers', () => {
  for (const word of ['Hops &amp; size', 'nodes', 'hops', 'measured', '½ log₂ N', 'Seeds 1 to 3'])
    assert.ok(HOPS.includes(word), word);
  assert.match(HOPS, /role="img" aria-labelledby="title caption"/);
});

test('a plot has colours for light and for dark, on a ground of its own, and loads nothing', () => {
  assert.match(HOPS, /@media \(prefers-color-scheme: dark\)/);
  assert.match(HOPS, /<rect class="ground"/);
  assert.doesNotMatch(HOPS, /@import|url\(|<image|<script/);
});

test('points stand where their values are, bounds around them', () => {
  const [first, last] = [...HOPS.matchAll(/<circle [^>]*cx="([\d.]+)" cy="([\d.]+)"/g)];
  assert.equal(Number(first?.[1]), 74);
  assert.equal(Number(last?.[1]), 736);
  // The axis reaches from 0 to 5: 1 and 3 are two fifths of 300 pixels apart.
  assert.equal(Number(first?.[2]) - Number(last?.[2]), 120);
  assert.equal([...HOPS.matchAll(/class="bound c0"/g)].length, 2);
});

test('zero on a logarithmic axis stands at the edge, and nothing is not a number', () => {
  const svg = linePlot({
    title: 't',
    caption: 'c',
    x: { label: 'x' },
    y: { label: 'y', log: true },
    series: [
      {
        name: 's',
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 0.01, low: 0, high: Number.NaN },
          { x: 2, y: 0.1 },
        ],
      },
    ],
  });
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test('a line of many points has its bounds as a band', () => {
  const points = [0, 1, 2].map((x) => ({ x, y: x, low: x - 0.1, high: x + 0.1 }));
  const svg = linePlot({
    title: 't',
    caption: 'c',
    x: { label: 'x' },
    y: { label: 'y' },
    series: [{ name: 's', points }],
  });
  assert.equal([...svg.matchAll(/<polygon class="band c0"/g)].length, 1);
});

test('bars stand on the ground, with what is demanded over them', () => {
  const svg = barPlot({
    title: 'Bytes',
    caption: 'one seed',
    y: { label: 'bytes a second' },
    below: 'nodes',
    groups: ['32', '1,000'],
    series: [{ name: 'at rest', bars: [{ value: 100, low: 90, high: 110, demand: 250 }, null] }],
  });
  assert.equal([...svg.matchAll(/<rect class="mark/g)].length, 1);
  assert.match(svg, /at most, by the demand/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test('a table is Markdown, and a bar in a cell does not end it', () => {
  assert.equal(
    table(['row', 'result'], [['a|b', '1']]),
    '| row  | result |\n| ---- | ------ |\n| a\\|b | 1      |\n',
  );
});
