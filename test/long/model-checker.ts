/**
 * The model checker at full size: complete bounds, and how far those get that take longer. What was found is kept beside the
 * results of the tier, bound by bound, so that a run that is cut short goes on at the bound where it was.
 *   ANILLO_MODEL_SECONDS  the share of each bound that is not to be completed (120)
 */
import {
  assumed,
  busy,
  countingOwners,
  fromOne,
  meetingLater,
  parametersOf,
  type Scenario,
  without,
} from '../../src/model-checker/scenario.ts';
import { Search, type SearchResult } from '../../src/model-checker/search.ts';
import { tell } from '../../src/model-checker/trace.ts';
import { Kept, LONGEST_MS, runPart } from './part.ts';

const SHARE_MS = Number(process.env.ANILLO_MODEL_SECONDS ?? 120) * 1000;
/** At 40 to 60 bytes a world this stays under 16 GiB. */
const WORLDS_MAX = 250_000_000;

/** Met in every order, without a violation, to the end. From 5 places on wrong owners are counted (docs/decisions/0015). */
const COMPLETE: readonly Scenario[] = [
  assumed(4, 1, 1, 3),
  assumed(4, 1, 1, 3, true),
  meetingLater(assumed(4, 1, 1, 2)),
  fromOne(3, 1, 1, 3),
  busy(assumed(4, 1, 1, 2)),
  assumed(4, 2, 2, 2),
  assumed(4, 1, 1, 4),
  assumed(4, 2, 2, 3),
  assumed(4, 2, 2, 2, true),
];

/** The bounds that the ring is to be held to, out of reach: whole to this depth at least, and as far as the share of time allows. */
const DEEP: readonly (readonly [Scenario, number])[] = [
  [countingOwners(assumed(5, 1, 0, 2)), 15],
  [assumed(4, 2, 2, 4), 15],
  [countingOwners(assumed(5, 1, 1, 3)), 8],
];

/** Where each safeguard, turned off, is missed: the shortest trace. */
const BROKEN: readonly Scenario[] = [
  { ...without('contactBeforeAdopting', assumed(5, 2, 0, 2)), starts: [[1, 2, 3, 4]] },
  without('cutAtSelf', fromOne(2, 0, 0, 3)),
  without('ownerVerification', assumed(4, 0, 0, 1)),
  without('incarnation', fromOne(3, 1, 1, 3)),
  meetingLater(without('applyTimeGuard', assumed(4, 1, 1, 3))),
  busy(meetingLater(without('applyTimeGuard', assumed(4, 1, 1, 3)))),
];

interface Exploration extends SearchResult {
  readonly story: readonly string[];
  readonly seconds: number;
  readonly residentBytes: number;
}

function explore(scenario: Scenario, untilMs: number): Exploration {
  const started = performance.now();
  const search = new Search(parametersOf(scenario), scenario.bounds);
  const isOver = (): boolean => performance.now() > untilMs;
  const result = search.run(scenario.starts, { statesMax: WORLDS_MAX, isOver });
  const seconds = Math.round((performance.now() - started) / 1000);
  const residentBytes = process.memoryUsage().rss;
  return { ...result, story: tell(search.world, result.trace, result.violation), seconds, residentBytes };
}

function sizeOf({ isComplete, disputed, residentBytes, ...result }: Exploration): string {
  const { states, transitions, depth, seconds, storeBytes } = result;
  const whole = isComplete ? 'complete' : `not complete, whole to depth ${depth - 1}`;
  const memory = `${mebibytes(storeBytes)} MiB of worlds, ${mebibytes(residentBytes)} MiB in all`;
  const wrong = disputed === 0 ? '' : `, a wrong owner in ${disputed} worlds`;
  return `${whole}: ${states} worlds, ${transitions} steps, depth ${depth}, ${seconds} s, ${memory}${wrong}`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

await runPart(
  'Zave’s invariants and the true owner hold in every world of the production step function within these bounds (r = 2), and each safeguard turned off is missed',
  async () => {
    const kept = new Kept<Record<string, string>>('model-checker', {});
    const figures = kept.value;
    const endMs = performance.now() + LONGEST_MS;
    const keep = (name: string, figure: string, story: readonly string[] = []): void => {
      figures[name] = figure;
      kept.save();
      console.log([`${name}: ${figure}`, ...story].join('\n'));
    };
    const hold = (scenario: Scenario, untilMs: number, depthMin: number): void => {
      const { name } = scenario;
      if (figures[name] !== undefined) return;
      const result = explore(scenario, untilMs);
      if (result.violation !== null) throw new Error(`${name}\n${result.story.join('\n')}`);
      if (!result.isComplete && result.depth - 1 < depthMin)
        throw new Error(`${name}: ${sizeOf(result)}. The next run goes on at this bound`);
      keep(name, sizeOf(result));
    };
    for (const scenario of BROKEN) {
      if (figures[scenario.name] !== undefined) continue;
      const { violation, trace, story, seconds } = explore(scenario, endMs);
      if (violation === null) throw new Error(`${scenario.name}: nothing was found`);
      keep(scenario.name, `${violation.slice(0, 60)}, in ${trace.length - 1} steps, ${seconds} s`, story);
    }
    for (const scenario of COMPLETE) hold(scenario, endMs, Number.POSITIVE_INFINITY);
    for (const [scenario, depthMin] of DEEP)
      hold(scenario, Math.min(endMs, performance.now() + SHARE_MS), depthMin);
    return figures;
  },
);
