/** What becomes of records while nodes come and go, and through a partition: the production services in virtual time. */
import { sample } from '../../../src/simulator/random.ts';
import { Files } from '../../../src/simulator/records/files.ts';
import { Judge } from '../../../src/simulator/records/judge.ts';
import { RecordWorld } from '../../../src/simulator/records/record-world.ts';
import type { Sample, Workload } from '../workload.ts';

const MINUTE_MS = 60_000;
const FILES_PER_NODE = 4;
const SETTLED_MS = 10_000;
const SESSION_MS = 60 * MINUTE_MS;
const CHURN_MS = 20 * MINUTE_MS;
const READ_EVERY_MS = 500;
/** A machine that went is back after about this long, or another has come. */
const AWAY_MS = 2 * MINUTE_MS;

export const RECORDS_CHURN: Workload = {
  title: 'Records under churn',
  what:
    'Files are published, changed and withdrawn, and read all the time, while nodes end with a mean session of an hour, half of ' +
    'them by a crash, and come back after some two minutes; records stand on three nodes.',
  measures: {
    unreadable: {
      name: 'reads that miss what was acknowledged, or fail',
      kind: 'share',
      demand: { atMost: 1e-4 },
    },
    unsure: { name: 'reads that say that they may not be whole', kind: 'share' },
    bytes: {
      name: 'record messages of a node, in and out, publishing and reads included',
      kind: 'mean',
      unit: 'B/s',
      demand: { atMost: 2_000 },
    },
    lost: { name: 'acknowledged, and never read again', kind: 'share', demand: { atMost: 0 } },
  },
  quick: [{ nodes: 12, seeds: 1 }],
  full: [{ nodes: 20, seeds: 100 }],
  run: async (seed, nodes): Promise<Sample> => {
    const world = new RecordWorld({ seed });
    try {
      return await underChurn(world, nodes);
    } finally {
      world.end();
    }
  },
};

async function underChurn(world: RecordWorld, nodes: number): Promise<Sample> {
  const [files, judge] = [new Files(world), new Judge(world)];
  await world.startRing(nodes);
  files.add(nodes * FILES_PER_NODE);
  await world.run(SETTLED_MS);
  const bytes = (): number => [...world.links.traffic.values()].reduce((sum, each) => sum + each, 0);
  const before = bytes();
  files.changeEvery(5_000);
  judge.readEvery(READ_EVERY_MS);
  const { random } = world.world;
  const draw = (meanMs: number): number => -meanMs * Math.log(1 - random());
  for (let leftMs = CHURN_MS; leftMs > 0; ) {
    const waitMs = Math.min(leftMs, draw(SESSION_MS / nodes));
    await world.run(waitMs);
    leftMs -= waitMs;
    const machine = world.any();
    if (random() < 0.5) machine.kill(random() < 0.5);
    else void machine.leave();
    world.world.at(world.now + draw(AWAY_MS), () => world.restart(machine));
  }
  files.rest();
  judge.rest();
  // What one sends another receives.
  const perNodeSecond = (2 * (bytes() - before)) / nodes / (CHURN_MS / 1_000);
  const { whole, truncated, failed } = judge.reads;
  const of = whole + truncated + failed;
  for (const machine of world.machines) if (!machine.isOn) world.restart(machine);
  await world.run(MINUTE_MS);
  return {
    figures: {
      unreadable: { events: judge.wrong.length + failed, of },
      unsure: { events: truncated, of },
      bytes: perNodeSecond,
      lost: await lost(world, judge),
    },
    broken: judge.wrong.slice(0, 2),
  };
}

export const RECORDS_PARTITION: Workload = {
  title: 'Records through a partition',
  what:
    'The network falls into halves, or into nine tenths and one, for 10 minutes; files are published, changed and withdrawn on both ' +
    'sides. A minute after it heals everything that was acknowledged on either side is read.',
  measures: {
    lost: { name: 'acknowledged, and not read after', kind: 'share', demand: { atMost: 0 } },
  },
  quick: [{ nodes: 10, seeds: 2 }],
  full: [{ nodes: 12, seeds: 100 }],
  run: async (seed, nodes): Promise<Sample> => {
    const world = new RecordWorld({ seed });
    try {
      return await throughPartition(world, nodes);
    } finally {
      world.end();
    }
  },
};

async function throughPartition(world: RecordWorld, nodes: number): Promise<Sample> {
  const [files, judge] = [new Files(world), new Judge(world)];
  await world.startRing(nodes);
  files.add(nodes * FILES_PER_NODE);
  await world.run(SETTLED_MS);
  const { random, network } = world.world;
  const count = Math.round(nodes * (random() < 0.5 ? 0.5 : 0.1));
  const smaller = new Set(sample(random, world.machines, count).map(({ address }) => address));
  network.partition((address) => (smaller.has(address) ? 1 : 0));
  files.changeEvery(2_000);
  await world.run(10 * MINUTE_MS);
  files.rest();
  network.heal();
  await world.run(MINUTE_MS);
  return { figures: { lost: await lost(world, judge) } };
}

/** Of the lines of which something was acknowledged. */
async function lost(world: RecordWorld, judge: Judge): Promise<{ events: number; of: number }> {
  const missing = await judge.missing(MINUTE_MS);
  const lines = world.ledger.lines.filter(({ steps }) => steps.some(({ ackedAt }) => ackedAt !== null));
  return { events: missing.length, of: lines.length };
}
