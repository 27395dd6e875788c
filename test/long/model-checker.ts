/**
 * The model checker at full size: complete bounds, and how far those got that take longer than their share of time.
 *   ANILLO_MODEL_SECONDS  the share of each scenario (360: four may need it all, and the runner ends a part after 45 minutes)
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
import { type Figures, runPart } from './part.ts';

const SHARE_MS = Number(process.env.ANILLO_MODEL_SECONDS ?? 360) * 1000;
/** At about 60 bytes a world this stays under 16 GiB. */
const WORLDS_MAX = 200_000_000;

/** Complete, but for the last four where their share of time ends them. From 5 places on wrong owners are counted (docs/decisions/0015). */
const HOLDING: readonly Scenario[] = [
  assumed(4, 1, 1, 3),
  assumed(4, 1, 1, 2, true),
  meetingLater(assumed(4, 1, 1, 2)),
  fromOne(3, 1, 1, 3),
  assumed(4, 2, 2, 2),
  busy(assumed(4, 1, 1, 2)),
  assumed(4, 2, 2, 3),
  countingOwners(assumed(5, 1, 0, 2)),
  assumed(4, 2, 2, 4),
  countingOwners(assumed(5, 1, 1, 3)),
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

function explore(scenario: Scenario): SearchResult & { story: string[]; seconds: number } {
  const started = performance.now();
  const search = new Search(parametersOf(scenario), scenario.bounds);
  const result = search.run(scenario.starts, {
    statesMax: WORLDS_MAX,
    isOver: () => performance.now() - started > SHARE_MS,
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  return { ...result, story: tell(search.world, result.trace, result.violation), seconds };
}

function sizeOf({
  states,
  transitions,
  depth,
  isComplete,
  disputed,
  seconds,
  storeBytes,
}: ReturnType<typeof explore>): string {
  const whole = isComplete ? 'complete' : `not complete, whole to depth ${depth - 1}`;
  return `${whole}: ${states} worlds, ${transitions} steps, depth ${depth}, ${seconds} s, ${Math.round(storeBytes / 2 ** 20)} MiB${disputed === 0 ? '' : `, a wrong owner in ${disputed} worlds`}`;
}

await runPart(
  'Zave’s invariants and the true owner hold in every world of the production step function within these bounds (r = 2), and each safeguard turned off is missed',
  async () => {
    const figures: Record<string, Figures[string]> = {};
    for (const scenario of HOLDING) {
      const result = explore(scenario);
      if (result.violation !== null) throw new Error(`${scenario.name}\n${result.story.join('\n')}`);
      figures[scenario.name] = sizeOf(result);
      console.log(scenario.name, figures[scenario.name]);
    }
    for (const scenario of BROKEN) {
      const { violation, trace, story, seconds } = explore(scenario);
      if (violation === null) throw new Error(`${scenario.name}: nothing was found`);
      figures[scenario.name] = `${violation.slice(0, 60)}, in ${trace.length - 1} steps, ${seconds} s`;
      console.log(`${scenario.name}\n${story.join('\n')}`);
    }
    return figures;
  },
);
