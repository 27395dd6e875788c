import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isPath } from './body.ts';
import { type Sha256, toHex } from './bytes.ts';
import { baseKey, baseShardKey, cidKey, nameKey, shardOf } from './keys.ts';
import { holds, replicaCount, writeQuorum } from './placement.ts';
import { basePlacement, placementKeys, placementOf } from './placement-keys.ts';
import type { RecordBody } from './record.ts';
import { slotOf } from './slot.ts';

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const PUBLISHER = 'ab'.repeat(32);

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const path = fc
  .array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/').normalize('NFC'))
  .filter(isPath);

function publication(file: string, cid = CID): RecordBody {
  const rest = { size: 1, type: '', modified: 1, tags: [], copies: 1, labels: {}, previous: null };
  return { kind: 'publication', body: { cid, path: file, ...rest } };
}

describe('keys', () => {
  test('are the hashes that the contract names', () => {
    const plain = (text: string) => createHash('sha256').update(text).digest('hex');
    assert.equal(cidKey(sha256, CID), plain(`cid\0${CID}`));
    assert.equal(nameKey(sha256, 'a/b'), plain('name\0a/b'));
    assert.equal(baseKey(sha256, 'b'), plain('base\0b'));
    assert.equal(baseShardKey(sha256, 'b', '0f'), plain('base\0b\x000f'));
  });

  test('a flat publication stands under cid and name, a nested one under its base too, each shard of which follows', () => {
    assert.deepEqual(
      placementKeys(sha256, PUBLISHER, publication('x')).map((placement) => placement.class),
      ['cid', 'name'],
    );
    fc.assert(
      fc.property(path, fc.integer({ min: 0, max: 8 }), (file, level) => {
        const nested = publication(`folder/${file}`);
        const placements = placementKeys(sha256, PUBLISHER, nested);
        const shard = basePlacement(sha256, `folder/${file}`, PUBLISHER, level);
        const found = placementOf(sha256, PUBLISHER, nested, placements, shard.key);
        return found?.class === 'base' && found.level === level;
      }),
    );
  });

  test('no other key follows from a record', () => {
    fc.assert(
      fc.property(path, key, (file, other) => {
        const record = publication(file);
        const placements = placementKeys(sha256, PUBLISHER, record);
        return placementOf(sha256, PUBLISHER, record, placements, other) === null;
      }),
    );
  });

  test('deeper shards lie within the shallower', () => {
    fc.assert(
      fc.property(path, fc.integer({ min: 1, max: 7 }), (file, level) =>
        shardOf(sha256, file, PUBLISHER, level + 1).startsWith(shardOf(sha256, file, PUBLISHER, level)),
      ),
    );
  });
});

describe('slots', () => {
  test('publication and tombstone of one (publisher, cid, path) share a slot; nothing else does', () => {
    const tombstone: RecordBody = { kind: 'tombstone', body: { cid: CID, path: 'x', withdrawn: null } };
    const provider: RecordBody = { kind: 'provider', body: { cid: CID, state: 'complete' } };
    const slot = (record: RecordBody, publisher = PUBLISHER) => slotOf(sha256, publisher, publisher, record);
    assert.equal(slot(publication('x')), slot(tombstone));
    const others = [publication('y'), publication('x', `${CID}a`), provider].map((record) => slot(record));
    others.push(slot(publication('x'), 'cd'.repeat(32)));
    assert.equal(new Set([slot(tombstone), ...others]).size, 5);
  });
});

describe('placement', () => {
  test('k nodes hold a record, all of a smaller ring, and two acknowledge where there are two', () => {
    assert.equal(replicaCount(3, 10), 2);
    assert.equal(replicaCount(5, 1), 1);
    assert.deepEqual([0, 1, 5].map(writeQuorum), [1, 2, 2]);
    assert.deepEqual(
      ['a', 'c', 'd', 'x'].map((node) => holds(node, ['a', 'b', 'c', 'd'], 3)),
      [true, true, false, false],
    );
  });
});
