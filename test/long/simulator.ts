/** The simulator's speed and size, each measured in a process of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MemoryFigures, SpeedFigures } from '../../bench/simulator.ts';
import { runPart } from './part.ts';

const LEAST_EVENTS_PER_SECOND = 300_000;
const HOUR_AT_MOST_SECONDS = 20 * 60;
const MEMORY_AT_MOST_MIB = 4 * 1024;

/** More messages are under way among 10,000 than the usual room for them holds. */
const LARGE_ENGINE = ['--single-threaded-gc', '--min-semi-space-size=64', '--max-semi-space-size=128'];

function measure<Figures>(what: string, nodes: number): Figures {
  const bench = fileURLToPath(new URL('../../bench/simulator.ts', import.meta.url));
  const run = spawnSync(
    process.execPath,
    [...(nodes < 10_000 ? [] : LARGE_ENGINE), bench, what, String(nodes)],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  console.log(what, nodes, run.stdout);
  return JSON.parse(run.stdout) as Figures;
}

await runPart(
  'the simulator handles at least 300,000 events a second on one core, by the production step; 10,000 nodes pass a virtual hour in under 20 minutes; a static ring of 100,000 takes less than 4 GiB',
  async () => {
    const small = measure<SpeedFigures>('events', 1_000);
    const large = measure<SpeedFigures>('events', 10_000);
    const hour = measure<SpeedFigures>('hour', 10_000);
    const ring = measure<MemoryFigures>('memory', 100_000);
    const figures = {
      eventsPerCpuSecondOf1000: small.eventsPerCpuSecond,
      eventsPerCpuSecondOf10000: large.eventsPerCpuSecond,
      hourOf10000Seconds: hour.wallSeconds,
      hourOf10000CpuSeconds: hour.cpuSeconds,
      hourOf10000Events: hour.events,
      ringOf100000MiB: ring.peakMiB,
      ringOf100000Hops: ring.meanHops,
    };
    console.log(figures);
    assert.ok(small.eventsPerCpuSecond >= LEAST_EVENTS_PER_SECOND, 'steady ring of 1,000');
    assert.ok(hour.wallSeconds < HOUR_AT_MOST_SECONDS, 'a virtual hour of 10,000');
    assert.ok(ring.peakMiB < MEMORY_AT_MOST_MIB, 'static ring of 100,000');
    assert.equal(ring.found, ring.lookups, 'every lookup finds its owner');
    return figures;
  },
);
