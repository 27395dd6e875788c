import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberText, shareText } from './number-text.ts';
import { linearScale, logScale } from './scale.ts';

test('a straight axis has whole steps around its values', () => {
  const scale = linearScale(0, 9.3);
  assert.deepEqual(scale.ticks, [0, 2, 4, 6, 8, 10]);
  assert.equal(scale.place(5), 0.5);
  assert.deepEqual(linearScale(0, 0).ticks.slice(0, 2), [0, 0.2]);
  assert.deepEqual(linearScale(0.9, 1).ticks, [0.9, 0.92, 0.94, 0.96, 0.98, 1]);
});

test('a logarithmic axis marks powers of ten, and between them where these are few', () => {
  assert.deepEqual(logScale(10, 100_000).ticks, [10, 100, 1_000, 10_000, 100_000]);
  assert.deepEqual(logScale(100, 10_000).ticks, [100, 200, 500, 1_000, 2_000, 5_000, 10_000]);
  assert.equal(logScale(10, 1_000).place(100), 0.5);
  assert.throws(() => logScale(0, 10));
});

test('numbers keep what tells them apart', () => {
  assert.equal(numberText(0.00012), '1.2·10⁻⁴');
  assert.equal(numberText(1e-5), '10⁻⁵');
  assert.equal(numberText(9.96e-4), '10⁻³');
  assert.equal(numberText(12_345.6), '12,346');
  assert.equal(numberText(2.6789), '2.68');
  assert.equal(numberText(999.6), '999.6');
  assert.equal(numberText(-3), '−3');
  assert.equal(numberText(Number.NaN), '–');
});

test('a share is a percentage, never rounded up to all', () => {
  assert.equal(shareText(0.9999999), '99.9999 %');
  assert.equal(shareText(1), '100 %');
  assert.equal(shareText(0.999), '99.9 %');
  assert.equal(shareText(0.00003), '3·10⁻⁵');
  assert.equal(shareText(0.023), '2.3 %');
  assert.equal(shareText(0), '0 %');
});
