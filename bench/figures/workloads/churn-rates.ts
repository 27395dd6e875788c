/** Lookups while nodes come and go, by the rate at which they do (ToN 2003, table III, and up to four times its fastest). */
import type { Share } from '../proportion.ts';
import { comeAndGo } from '../stage/churn.ts';
import { watchedRing } from '../stage/onlooker.ts';
import type { Demand, Measure, Sample, Workload } from '../workload.ts';

/** Joins a second in a ring of 1,000, and as many failures; in proportion in others. */
export const RATES = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
const BEFORE_MS = 20_000;
const MEASURED_MS = 60_000;
/** Of a node and second: a share of 10^-4 needs 10^5 lookups at each rate. */
const LOOKUPS_EACH = 0.2;
const DEADLINE_MS = 5_000;
/** From so many nodes on. */
const LARGE = { nodes: 10_000, measuredMs: 30_000 };
/** The first seeds of smaller rings have all rates; others only rest and the rates of which something is demanded. */
const FIRST_SEEDS = 5;
const DEMANDED_RATES = [0, 0.4, 1.6];

/** What the design demands at a rate: sessions of 42 and of 10 minutes. */
const DEMANDS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  0.4: { wrong: 1e-4, failed: 1e-4, timeouts: 0.1 },
  1.6: { wrong: 1e-3, failed: 1e-3, timeouts: 0.3 },
};

const NAMES = {
  wrong: ['wrong owners', 'share'],
  failed: ['lookups that fail', 'share'],
  timeouts: ['time-outs a lookup', 'ratio'],
  hops: ['hops', 'ratio'],
} as const;

function measures(): Record<string, Measure> {
  const all: Record<string, Measure> = {};
  for (const rate of RATES) {
    for (const [key, [name, kind]] of Object.entries(NAMES)) {
      const most = DEMANDS[rate]?.[key];
      const demand: { demand?: Demand } = most === undefined ? {} : { demand: { atMost: most } };
      all[`${key}@${rate}`] = { name: `${name}, at ${rate}/s`, kind, ...demand };
    }
  }
  const overStatic = {
    name: 'hops at 0.4/s beside those at rest',
    kind: 'mean',
    demand: { atMost: 1.03 },
  } as const;
  return { ...all, overStatic };
}

export const CHURN_RATES: Workload = {
  title: 'Churn by rate',
  what:
    'At each rate, in a ring of 1,000 so many nodes join a second and so many others end, half of them refusing, half silent; ' +
    '0.4/s is a mean session of 42 minutes, 1.6/s one of 10. After 20 s of that, members ask for 60 s, 0.2 lookups a node and second ' +
    'in all, with a deadline of 5 s; of 10,000 nodes for 30 s. Five seeds of each smaller size have all rates, the others rest and the two rates of which something is ' +
    'demanded.',
  measures: measures(),
  quick: [{ nodes: 200, seeds: 1 }],
  full: [
    { nodes: 100, seeds: 75 },
    { nodes: 300, seeds: 20 },
    { nodes: 1_000, seeds: 5 },
    { nodes: 10_000, seeds: 3 },
  ],
  run: (seed, nodes): Sample => {
    const figures: Record<string, Share | number> = {};
    for (const rate of nodes < LARGE.nodes && seed <= FIRST_SEEDS ? RATES : DEMANDED_RATES)
      Object.assign(figures, atRate(seed, nodes, rate));
    const mean = (rate: number): number => {
      const { events, of } = figures[`hops@${rate}`] as Share;
      return events / of;
    };
    return { figures: { ...figures, overStatic: mean(0.4) / mean(0) } };
  },
};

function atRate(seed: number, nodes: number, rate: number): Record<string, Share> {
  const { world, onlooker } = watchedRing(nodes, { seed });
  const { load, members, standing } = onlooker;
  comeAndGo(world, (rate * nodes) / 1_000_000, members);
  world.run(BEFORE_MS);
  load.ask(LOOKUPS_EACH * nodes, standing);
  world.run(nodes < LARGE.nodes ? MEASURED_MS : LARGE.measuredMs);
  load.ask(0, standing);
  world.run(DEADLINE_MS + 500);
  const { asked, found, failed, wrong, hops, timeouts } = load.counts;
  return {
    [`wrong@${rate}`]: { events: wrong, of: asked },
    [`failed@${rate}`]: { events: failed, of: asked },
    [`timeouts@${rate}`]: { events: timeouts, of: asked },
    [`hops@${rate}`]: { events: hops, of: found },
  };
}
