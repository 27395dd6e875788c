import assert from 'node:assert/strict';
import { Files } from '../../src/simulator/records/files.ts';
import { Judge } from '../../src/simulator/records/judge.ts';
import { RecordWorld } from '../../src/simulator/records/record-world.ts';
import { SEED } from '../chance.ts';
import { runPart } from './part.ts';

const NODES = 64;
const FILES = 320;
const SESSION_MS = 60 * 60_000;
const READS = 100_000;
const READ_EVERY_MS = 60;
/** A machine that went off comes back after this, with its disk. */
const AWAY_MS = 5 * 60_000;
const REPAIR_METHODS = ['digest', 'list', 'missing', 'replicate', 'renew'] as const;

await runPart(
  `in virtual time ${NODES} nodes come and go, an hour each: an acknowledged record is read at least 99.99 % of ${READS} times, and repair costs a node at most 2 KB/s`,
  async () => {
    const world = new RecordWorld({ seed: SEED });
    const { random } = world.world;
    const judge = new Judge(world);
    const files = new Files(world);
    await world.startRing(NODES);
    files.add(FILES);
    await world.run(60_000);
    assert.equal(world.ledger.acknowledged, FILES);
    const before = new Map(world.links.traffic);
    const startedAt = world.now;
    let ends = 0;
    let nextEndAt = world.now;
    judge.readEvery(READ_EVERY_MS);
    while (judge.total < READS) {
      nextEndAt += (-Math.log(1 - random()) * SESSION_MS) / NODES;
      await world.run(Math.max(0, nextEndAt - world.now));
      const machine = world.any();
      ends++;
      const draw = random();
      if (draw < 0.3) void machine.leave();
      else machine.kill(draw < 0.6);
      const hasDisk = random() < 0.7;
      world.world.at(world.now + AWAY_MS * (0.5 + random()), () => {
        if (machine.isOn) return;
        if (!hasDisk) machine.loseDisk();
        world.restart(machine);
      });
    }
    judge.rest();
    await world.run(60_000);
    const seconds = (world.now - startedAt) / 1_000;
    const bytes = REPAIR_METHODS.reduce(
      (sum, name) => sum + (world.links.traffic.get(name) ?? 0) - (before.get(name) ?? 0),
      0,
    );
    const { whole, truncated, failed } = judge.reads;
    const unread = truncated + failed + judge.wrong.length;
    const figures = {
      nodes: NODES,
      files: FILES,
      virtualHours: seconds / 3_600,
      sessionsEnded: ends,
      reads: judge.total,
      whole,
      saidNotWhole: truncated,
      unanswered: failed,
      wrong: judge.wrong.length,
      readable: `${((1 - unread / judge.total) * 100).toFixed(3)} %`,
      repairBytesPerNodeAndSecond: (bytes * 2) / NODES / seconds,
    };
    console.log(figures, judge.wrong.slice(0, 5));
    assert.deepEqual(judge.wrong, []);
    assert.ok(unread / judge.total <= 1e-4, 'at least 99.99 % are read');
    assert.ok(figures.repairBytesPerNodeAndSecond <= 2_048, 'at most 2 KB/s');
    return figures;
  },
);
