import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { SEED } from '../../test/chance.ts';
import { PieceSet } from './piece-set.ts';

it('a set of pieces is what a Set of numbers is', () => {
  const piece = fc.nat({ max: 99 });
  const change = fc.record({ add: fc.boolean(), piece });
  fc.assert(
    fc.property(fc.array(change), piece, (changes, from) => {
      const [set, model] = [new PieceSet(100), new Set<number>()];
      for (const { add, piece } of changes) {
        if (add) assert.equal(set.add(piece), !model.has(piece));
        else assert.equal(set.delete(piece), model.has(piece));
        if (add) model.add(piece);
        else model.delete(piece);
      }
      const members = [...model].sort((a, b) => a - b);
      assert.deepEqual([...set], members);
      assert.deepEqual([...set.copy()], members);
      assert.equal(set.size, members.length);
      assert.equal(set.next(from), members.find((member) => member >= from) ?? null);
      const end = set.runEnd(from, 100);
      assert.ok(members.filter((member) => member >= from && member < end).length === end - from);
      assert.ok(end === 100 || !set.has(end));
    }),
    { seed: SEED },
  );
  assert.equal(PieceSet.all(33).size, 33);
  assert.throws(() => new PieceSet(3).add(3), RangeError);
});
