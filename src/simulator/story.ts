/** A test told in virtual time: a fresh seed each run, printed, and on failure the command that replays it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Violation } from './checkers/ring-view.ts';
import { trueOwner } from './live-ring.ts';
import { randomIdentifier, sample } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

const SEED_BOUND = 2 ** 31;

/** Defines a test whose body gets the seed of this run, or the one in ANILLO_SEED. */
export function story(title: string, file: string, body: (seed: number) => void): void {
  const seed = Number(process.env.ANILLO_SEED ?? Math.floor(Math.random() * SEED_BOUND));
  test(title, (context) => {
    context.diagnostic(`seed ${seed}`);
    try {
      body(seed);
    } catch (error) {
      console.error(`Replay: ANILLO_SEED=${seed} node --test --test-name-pattern='${title}' ${file}`);
      throw error;
    }
  });
}

/** Lets time pass until `check` finds nothing wrong. Returns the milliseconds it took. */
export function eventually(
  world: World,
  check: (nodes: SimulatedNode[]) => Violation,
  withinMs: number,
): number {
  const tookMs = world.runUntil(() => check(world.live()) === null, withinMs);
  assert.notEqual(tookMs, null, `after ${withinMs} ms: ${check(world.live())}`);
  return tookMs as number;
}

/** Asks random nodes for random keys: every answer is the owner by a sorted array. Returns each answer's hops. */
export function assertTrueOwners(world: World, lookups: number, deadlineMs = 5_000): number[] {
  const hops: number[] = [];
  for (let i = 0; i < lookups; i++) {
    const key = randomIdentifier(world.random);
    const [asker] = sample(world.random, world.live(), 1);
    assert.ok(asker);
    const result = world.lookup(asker, key, deadlineMs);
    assert.equal(result.outcome, 'found', `${key.slice(0, 6)}: no owner within ${deadlineMs} ms`);
    assert.equal(result.owner?.id, trueOwner(world.live(), key), `${key.slice(0, 6)}: not its owner`);
    hops.push(result.hops);
  }
  return hops;
}
