import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fromHex, toHex } from './bytes.ts';
import { isInRange } from './key-range.ts';
import { bucketRanges, differingBuckets, RangeDigest } from './range-digest.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);

describe('range digests', () => {
  const rows = fc.array(fc.tuple(key, fc.uint8Array({ minLength: 8, maxLength: 8 })), { maxLength: 40 });
  const digestOf = (range: { from: string; to: string }, list: [string, Uint8Array][]) => {
    const digest = new RangeDigest(range);
    for (const [at, tag] of list) if (isInRange(at, range)) digest.add(fromHex(at), tag);
    return digest;
  };

  test('do not depend on the order, and tell sets apart', () => {
    fc.assert(
      fc.property(key, key, rows, (from, to, list) => {
        const range = { from, to };
        const summary = (of: [string, Uint8Array][]) => toHex(digestOf(range, of).summary());
        assert.equal(summary(list), summary([...list].reverse()));
        const inside = list.findIndex(([at]) => isInRange(at, range));
        if (inside >= 0) assert.notEqual(summary(list), summary(list.toSpliced(inside, 1)));
      }),
    );
  });

  test('what was added in parts and taken back again is not seen', () => {
    fc.assert(
      fc.property(key, key, rows, rows, rows, (from, to, first, second, gone) => {
        const range = { from, to };
        const inside = gone.filter(([at]) => isInRange(at, range));
        const digest = digestOf(range, [...first, ...gone]);
        digest.include(digestOf(range, second));
        for (const [at, tag] of inside) digest.remove(fromHex(at), tag);
        assert.equal(toHex(digest.summary()), toHex(digestOf(range, [...first, ...second]).summary()));
      }),
    );
  });

  test('the parts of the differing buckets hold every key that differs', () => {
    fc.assert(
      fc.property(key, key, rows, rows, (from, to, common, extra) => {
        const range = { from, to };
        const mine = digestOf(range, common).buckets();
        const theirs = digestOf(range, [...common, ...extra]).buckets();
        const parts = bucketRanges(range, differingBuckets(mine, theirs));
        for (const [at, tag] of extra) {
          if (!isInRange(at, range) || tag.every((byte) => byte === 0)) continue;
          // Two tags of one bucket may add up to nothing: as likely as a guessed 64-bit number.
          assert.ok(parts.some((part) => isInRange(at, part)));
        }
      }),
    );
  });

  test('equal sets have no differing bucket', () => {
    const buckets = digestOf({ from: '00'.repeat(32), to: 'ff'.repeat(32) }, []).buckets();
    assert.deepEqual(differingBuckets(buckets, buckets.slice()), []);
    assert.equal(differingBuckets(buckets, new Uint8Array(3)).length, 256);
  });
});
