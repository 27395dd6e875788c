import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { buildBatch, leadsToRoot, ProvenNodes } from './batch.ts';
import { fromHex, type Sha256, toHex, utf8 } from './bytes.ts';
import { encodeLeaf } from './encoding.ts';
import type { RecordDraft } from './record.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const PUBLISHER = 'ab'.repeat(32);

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);

describe('canonical encoding', () => {
  const batch = { networkId: '11'.repeat(32), version: 1, signer: PUBLISHER, credential: new Uint8Array(0) };
  const draft = fc.record({
    kind: fc.constantFrom('publication', 'provider', 'tombstone', 'split' as const),
    key,
    publisher: key,
    seq: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    issuedAtMs: fc.maxSafeNat(),
    body: fc.uint8Array({ maxLength: 40 }),
  }) as fc.Arbitrary<RecordDraft>;

  test('different records never share an encoding', () => {
    const plain = (record: RecordDraft) =>
      JSON.stringify({ ...record, seq: `${record.seq}`, body: toHex(record.body) });
    fc.assert(
      fc.property(draft, draft, (left, right) => {
        const isSame = toHex(encodeLeaf(batch, left)) === toHex(encodeLeaf(batch, right));
        return isSame === (plain(left) === plain(right));
      }),
    );
  });

  test('is fixed: length before each field, in order, behind the domain', () => {
    const record: RecordDraft = {
      kind: 'provider',
      key: '22'.repeat(32),
      publisher: PUBLISHER,
      seq: 258n,
      issuedAtMs: 3,
      body: utf8('{}'),
    };
    const expected = [
      toHex(utf8('anillo-record-v1\0')),
      `00000020${'11'.repeat(32)}`,
      '000000080000000000000001',
      '000000080000000000000002',
      `00000020${'22'.repeat(32)}`,
      `00000020${PUBLISHER}`,
      `00000020${PUBLISHER}`,
      '00000000',
      '000000080000000000000102',
      '000000080000000000000003',
      '000000027b7d',
    ];
    assert.equal(toHex(encodeLeaf(batch, record)), expected.join(''));
  });

  test('hexadecimal goes both ways', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => toHex(fromHex(toHex(bytes))) === toHex(bytes)));
  });
});

describe('batches', () => {
  const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 70 });

  test('every leaf leads to the root, whatever was proven before', () => {
    fc.assert(
      fc.property(leaves, fc.boolean(), (all, isRemembering) => {
        const tree = buildBatch(sha256, all);
        const proven = isRemembering ? new ProvenNodes() : undefined;
        return all.every((leaf, index) =>
          leadsToRoot(sha256, leaf, index, tree.path(index), tree.root, proven),
        );
      }),
    );
  });

  test('a leaf, an index or a path that was changed does not, whatever was proven before', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), fc.boolean(), (all, at, bit, isRemembering) => {
        const tree = buildBatch(sha256, all);
        const index = at % all.length;
        const leaf = all[index] ?? new Uint8Array(32);
        const proven = new ProvenNodes();
        if (isRemembering)
          for (const [i, one] of all.entries()) leadsToRoot(sha256, one, i, tree.path(i), tree.root, proven);
        const path = tree.path(index);
        const flipped = (bytes: Uint8Array) => {
          const copy = bytes.slice();
          copy[(bit >> 3) % copy.length] = (copy[(bit >> 3) % copy.length] ?? 0) ^ (1 << (bit & 7));
          return copy;
        };
        const leads = (...[a, b, c]: [Uint8Array, number, Uint8Array]) =>
          leadsToRoot(sha256, a, b, c, tree.root, proven);
        assert.equal(leads(flipped(leaf), index, path), false);
        assert.equal(leads(leaf, index + 2 ** 16, path), false);
        if (path.length > 0) assert.equal(leads(leaf, index, flipped(path)), false);
        if (path.length > 0) assert.equal(leads(leaf, index, path.subarray(1)), false);
        if (path.length > 0) assert.equal(leads(leaf, index, path.subarray(32)), false);
        assert.equal(leads(leaf, index, path), true);
      }),
    );
  });

  test('an inner node does not pass as a leaf', () => {
    const tree = buildBatch(sha256, [
      new Uint8Array(32),
      new Uint8Array(32).fill(1),
      new Uint8Array(32).fill(2),
    ]);
    const inner = tree.path(2).subarray(32);
    assert.equal(leadsToRoot(sha256, inner, 0, tree.path(0).subarray(32), tree.root), true);
    // It leads there as a node of height 1 would: what keeps it from being a record is the domain of leaf hashes.
    assert.notEqual(
      toHex(sha256(encodeLeaf({ networkId: '', version: 1, signer: '', credential: inner }, emptyDraft))),
      toHex(inner),
    );
  });
  const emptyDraft: RecordDraft = {
    kind: 'split',
    key: '',
    publisher: '',
    seq: 0n,
    issuedAtMs: 0,
    body: new Uint8Array(0),
  };
});
