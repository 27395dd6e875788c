import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { millisOf, nextInstant } from './clock.ts';
import { headsOf } from './heads.ts';
import { mergeBySlot } from './merge.ts';

describe('merging', () => {
  const item = fc.record(
    {
      slot: fc.constantFrom('a', 'b', 'c'),
      seq: fc.bigInt({ min: 0n, max: 3n }),
      tag: fc.constantFrom('00', '01', '02'),
    },
    { noNullPrototype: true },
  );
  const items = fc.array(item, { maxLength: 8 });
  type Items = { slot: string; seq: bigint; tag: string }[];
  const merged = (...lists: Items[]) => {
    const map = new Map<string, Items[number]>();
    for (const list of lists) mergeBySlot(map, list);
    return [...map.values()].sort((left, right) => (left.slot < right.slot ? -1 : 1));
  };

  test('is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(items, items, items, (a, b, c) => {
        assert.deepEqual(merged(a, b), merged(b, a));
        assert.deepEqual(merged(merged(a, b), c), merged(a, merged(b, c)));
        assert.deepEqual(merged(a, a), merged(a));
      }),
    );
  });

  test('the higher seq stands, on a tie the higher hash; other slots unite', () => {
    const [old, tied, other] = [
      { slot: 'a', seq: 1n, tag: '05' },
      { slot: 'a', seq: 1n, tag: '07' },
      { slot: 'b', seq: 0n, tag: '00' },
    ];
    assert.deepEqual(merged([old, other], [tied]), [tied, other]);
    assert.deepEqual(merged([{ slot: 'a', seq: 2n, tag: '00' }], [tied]), [
      { slot: 'a', seq: 2n, tag: '00' },
    ]);
  });
});

describe('the hybrid clock', () => {
  test('never goes back, whatever the wall clock does, and is never behind it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 45 })), (walls) => {
        let last = 0n;
        for (const wall of walls) {
          const next = nextInstant(last, wall);
          assert.ok(next > last && millisOf(next) >= wall);
          last = next;
        }
      }),
    );
  });
});

describe('heads', () => {
  const version = (
    kind: 'publication' | 'tombstone',
    seq: bigint,
    publisher = 'p',
    withdrawn: bigint | null = null,
  ) => ({
    kind,
    path: 'x',
    publisher,
    seq,
    withdrawn,
  });

  test('the newest version of each publisher is its head; publishers stand side by side', () => {
    const { heads, older } = headsOf([
      version('publication', 1n),
      version('publication', 3n),
      version('publication', 2n, 'q'),
    ]);
    assert.deepEqual(
      heads.map(({ publisher, seq }) => [publisher, seq]),
      [
        ['p', 3n],
        ['q', 2n],
      ],
    );
    assert.deepEqual(
      older.map(({ seq }) => seq),
      [1n],
    );
  });

  test('a withdrawn newest version is withdrawn: the older does not come back', () => {
    const { heads } = headsOf([version('publication', 1n), version('tombstone', 9n, 'p', 5n)]);
    assert.equal(heads[0]?.kind, 'tombstone');
  });

  test('an old version withdrawn late does not hide the newer', () => {
    const { heads } = headsOf([version('publication', 5n), version('tombstone', 9n, 'p', 1n)]);
    assert.equal(heads[0]?.kind, 'publication');
  });

  test('32 versions are kept', () => {
    const { heads, older } = headsOf(
      Array.from({ length: 40 }, (_, index) => version('publication', BigInt(index))),
    );
    assert.equal(heads.length + older.length, 32);
    assert.equal(older.at(-1)?.seq, 8n);
  });
});
