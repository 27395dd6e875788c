/** What a node remembers of its member list, instead of looking through it, stays true through every fault. */
import assert from 'node:assert/strict';
import { setDigest } from '../ring/digest.ts';
import { standsBeforeHead } from '../ring/members.ts';
import { DEFAULT_PARAMETERS } from '../ring/parameters.ts';
import { sample } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/derived-state.test.ts';
/** A list that is full, so that members make room for others. */
const SMALL = { ...DEFAULT_PARAMETERS, membersMax: 20, successorCount: 6, deadRememberedMs: 20_000 };

function assertDerived({ state, nowMs }: SimulatedNode): void {
  const members = [...state.members.values()];
  const alive = members.filter(({ health }) => health === 'alive').map(({ contact }) => contact);
  if (state.membersDigest !== '') assert.equal(state.membersDigest, setDigest([state.self, ...alive]));
  if (!state.hasNews) assert.ok(members.every(({ newsLeft }) => newsLeft === 0));
  if (!state.mayKnowNearer) assert.ok(!members.some(({ contact }) => standsBeforeHead(state, contact)));
  const { deadRememberedMs, deathMs } = state.parameters;
  for (const { health, joined, reviveAt, answeredAt, silentSince } of members) {
    if (nowMs < state.attentionAt) {
      assert.notEqual(health, 'unproven');
      if (health === 'dead' || (health === 'alive' && !joined)) assert.ok(reviveAt >= state.attentionAt);
    }
    if (nowMs >= state.roomAt) continue;
    assert.ok(health !== 'left' && health !== 'unproven');
    const rememberedUntil = Math.max(answeredAt + deadRememberedMs, silentSince + 3 * deathMs);
    if (health === 'dead') assert.ok(rememberedUntil >= state.roomAt);
  }
}

for (const parameters of [DEFAULT_PARAMETERS, SMALL]) {
  story(`with ${parameters.membersMax} members at most`, FILE, (seed) => {
    const world = new World({
      seed,
      parameters,
      conditions: { latency: { type: 'uniform', minMs: 1, maxMs: 40 }, loss: 0.02, duplication: 0.02 },
    });
    const ignore = (): void => {};
    world.witness = { started: ignore, ended: ignore, told: ignore, stepped: assertDerived };
    const [first, ...others] = world.startRing(24, 50);
    assert.ok(first);
    world.run(10_000);
    for (let round = 0; round < 3; round++) {
      const [killed, left, paused, again] = sample(
        world.random,
        others.filter((node) => node.isRunning && !node.isPaused),
        4,
      );
      assert.ok(killed && left && paused && again);
      world.crash(killed);
      world.leave(left);
      paused.pause();
      others.push(world.restart(again, [first]), world.start([first]));
      world.run(8_000);
      paused.resume();
      others.push(world.restart(killed, [first], { withDisk: true }));
      world.run(4_000);
    }
  });
}
