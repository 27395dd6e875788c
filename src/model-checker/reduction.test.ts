/** What the search leaves out can do nothing that it has not seen: tried on worlds met by chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actionsOf, take } from './actions.ts';
import { NodeTable } from './node-table.ts';
import { incarnationOf, LIVES, placeOf } from './node-view.ts';
import { dispute, Properties } from './properties.ts';
import { Reduction } from './reduction.ts';
import { Renaming } from './renaming.ts';
import { assumed, parametersOf } from './scenario.ts';
import { startIdeal } from './start.ts';
import { World } from './world.ts';
import { WorldStore } from './world-store.ts';

const scenario = assumed(4, 2, 2, 4, true);
const properties = new Properties(4);

/** A world some steps from a start, the numbers say which. */
function wander(steps: readonly number[]): World {
  const world = new World(new NodeTable(4, parametersOf(scenario)), scenario.bounds);
  startIdeal(world, scenario.starts[(steps[0] ?? 0) % scenario.starts.length] as readonly number[]);
  for (const step of steps) {
    const before = rowOf(world);
    const choices = actionsOf(world);
    const choice = choices[step % choices.length];
    if (choice === undefined) break;
    if (!take(world, choice, properties) || world.letters.length > scenario.bounds.messagesMax)
      world.readRow(before);
  }
  return world;
}

function rowOf(world: World): Int32Array {
  const row = new Int32Array(world.width);
  assert.ok(world.writeRow(row));
  return row;
}

/** What may come next, each as `name` says, with what a property says of it. */
function nextOf(world: World, from: Int32Array, name: (row: Int32Array) => void): string[] {
  world.readRow(from);
  const next: string[] = [];
  for (const action of actionsOf(world)) {
    world.readRow(from);
    const row = new Int32Array(world.width);
    if (!take(world, action, properties) || !world.writeRow(row)) continue;
    const isSafe =
      properties.violation(world, properties.principals(world), true) === null && dispute(world) === null;
    name(row);
    next.push(`${row.join()} ${isSafe}`);
  }
  return next.sort();
}

function renamed(row: Int32Array, renaming: Renaming, turn: number): Int32Array {
  const to = row.slice();
  for (let place = 0; place < 4; place++) to[(place + turn) % 4] = renaming.node(row[place] as number);
  const letters = [...row.subarray(5)]
    .filter((letter) => letter !== 0)
    .map((letter) => renaming.message(letter));
  to.set(
    letters.sort((a, b) => a - b),
    5,
  );
  return to;
}

const steps = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });

test('a ring that is turned does the same, turned', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3 }), (path, turn) => {
      const world = wander(path);
      const row = rowOf(world);
      const renaming = new Renaming(
        world.table,
        (life) => ((placeOf(life) + turn) % 4) * LIVES + incarnationOf(life),
      );
      const own = nextOf(world, row, (next) => next.set(renamed(next, renaming, turn)));
      const ofTurned = nextOf(world, renamed(row, renaming, turn), () => undefined);
      assert.deepEqual(ofTurned, own);
    }),
    { numRuns: 150 },
  );
});

test('a ring whose lives have later numbers does the same, with later numbers', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 2 }), (path, by) => {
      const world = wander(path);
      const row = rowOf(world);
      const renaming = new Renaming(world.table, (life) => (incarnationOf(life) === 0 ? life : life + by));
      // A start at a place that never ran makes a first life in both: all are numbered anew before they are compared.
      const reduction = new Reduction(world.table, 4, world.width, false);
      const own = nextOf(world, row, (next) => reduction.reduce(next));
      const ofLater = nextOf(world, renamed(row, renaming, 0), (next) => reduction.reduce(next));
      assert.deepEqual(ofLater, own);
    }),
    { numRuns: 150 },
  );
});

test('worlds that differ in names have one row, and it stands for itself', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 }), (path, turn, by) => {
      const world = wander(path);
      const row = rowOf(world);
      const reduction = new Reduction(world.table, 4, world.width, true);
      const renaming = new Renaming(world.table, (life) => {
        const incarnation = incarnationOf(life);
        return ((placeOf(life) + turn) % 4) * LIVES + (incarnation === 0 ? 0 : incarnation + by);
      });
      const other = renamed(row, renaming, turn);
      reduction.reduce(row);
      reduction.reduce(other);
      assert.deepEqual(other, row);
      const again = row.slice();
      reduction.reduce(again);
      assert.deepEqual(again, row);
    }),
    { numRuns: 150 },
  );
});

test('a world counts as met once it was met with no more crashes and no more restarts', () => {
  const store = new WorldStore(2, 1);
  const add = (crashes: number, restarts: number): boolean =>
    store.add(Int32Array.of(7, (crashes << 8) | restarts), -1);
  assert.ok(add(2, 1));
  assert.ok(!add(2, 2));
  assert.ok(add(1, 2), 'fewer crashes, more restarts');
  assert.ok(add(0, 1));
  assert.ok(!add(1, 1));
  assert.ok(store.add(Int32Array.of(8, 0x0202), -1), 'another world');
});

test('a world reads as it was added, however many messages it holds', () => {
  for (const width of [6, 7, 8]) {
    const store = new WorldStore(width, 4);
    const row = Int32Array.from({ length: width }, (_, i) =>
      i < 4 ? 70_000 + i : i === 4 ? 0x0201 : 65_535 - i,
    );
    assert.ok(store.add(row, -1));
    const read = new Int32Array(width);
    store.read(0, read);
    assert.deepEqual(read, row);
    for (let i = 0; i < width; i++) {
      if (i === 4) continue;
      const other = row.slice();
      other[i] = 1;
      assert.equal(store.find(other), -1, `number ${i} of ${width}`);
    }
  }
  const store = new WorldStore(6, 4);
  assert.throws(() => store.add(Int32Array.of(1, 1, 1, 1, 0, 65_536), -1), RangeError);
});
