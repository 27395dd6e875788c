import assert from 'node:assert/strict';
import { isIdeal } from '../../src/simulator/live-ring.ts';
import { sample } from '../../src/simulator/random.ts';
import { Files } from '../../src/simulator/records/files.ts';
import { Judge } from '../../src/simulator/records/judge.ts';
import { RecordWorld } from '../../src/simulator/records/record-world.ts';
import { SEED } from '../chance.ts';
import { type Figures, runPart } from './part.ts';

const MINUTE_MS = 60_000;
/** Nodes and the share of them on one side. */
const PARTED = [
  { nodes: 200, share: 0.5 },
  { nodes: 200, share: 0.9 },
  { nodes: 1_000, share: 0.5 },
];

await runPart(
  'a partition of up to 1,000 nodes, 50/50 and 90/10, for ten virtual minutes with writes on both sides: one ring within a minute, nothing acknowledged lost',
  async () => {
    const figures: { [name: string]: Figures[string] } = {};
    for (const { nodes, share } of PARTED) {
      const name = `${nodes} nodes, ${share * 100}/${Math.round(100 - share * 100)}`;
      Object.assign(figures, await part(nodes, share, name));
    }
    return figures;
  },
);

async function part(nodes: number, share: number, name: string): Promise<Figures> {
  const world = new RecordWorld({ seed: SEED });
  const { network } = world.world;
  const [judge, files] = [new Judge(world), new Files(world)];
  await world.startRing(nodes, 50);
  files.add(nodes);
  await world.run(MINUTE_MS);
  const left = new Set(
    sample(world.world.random, world.machines, nodes * share).map(({ address }) => address),
  );
  network.partition((address) => (left.has(address) ? 0 : 1));
  await world.run(MINUTE_MS);
  files.changeEvery(1_000);
  await world.run(9 * MINUTE_MS);
  files.rest();
  await world.run(MINUTE_MS / 2);
  network.heal();
  const ringMs = await world.runUntil(() => isIdeal(world.world.live()) === null, 2 * MINUTE_MS);
  const healedAt = world.now;
  const missing = await judge.missing(2 * MINUTE_MS);
  console.log(name, { ringMs, missing: missing.slice(0, 5) });
  const { acknowledged } = world.ledger;
  const readMs = world.now - healedAt;
  world.end();
  assert.deepEqual(missing, []);
  assert.ok(ringMs !== null && ringMs <= MINUTE_MS, 'one ring within a minute');
  return {
    [`${name}: acknowledged`]: acknowledged,
    [`${name}: one ring after ms`]: ringMs,
    [`${name}: all read after further ms`]: readMs,
  };
}
