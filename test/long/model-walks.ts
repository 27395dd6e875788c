/**
 * Random walks of the model checker: 10^8 steps beyond the bounds that are searched whole. What was walked is kept beside the
 * results of the tier, so that a run that is cut short goes on where it was.
 *   ANILLO_MODEL_STEPS  steps in all (100000000)
 */
import { Properties } from '../../src/model-checker/properties.ts';
import {
  assumed,
  fromOne,
  meetingLater,
  parametersOf,
  type Scenario,
} from '../../src/model-checker/scenario.ts';
import { retrace, tell } from '../../src/model-checker/trace.ts';
import { Walker } from '../../src/model-checker/walk.ts';
import { seededRandom } from '../../src/simulator/random.ts';
import { SEED } from '../chance.ts';
import { Kept, LONGEST_MS, runPart } from './part.ts';

const STEPS = Number(process.env.ANILLO_MODEL_STEPS ?? 1e8);
const STEPS_OF_A_WALK = 200;
/** Walks of one scenario before the next has its turn. */
const WALKS_OF_A_TURN = 2_000;

const SCENARIOS: readonly Scenario[] = [
  assumed(5, 3, 3, 8, true),
  meetingLater(assumed(5, 3, 3, 8)),
  assumed(6, 3, 3, 10),
  fromOne(4, 3, 3, 8),
];

interface Walked {
  /** Of the first run for this code: later ones go on with its walks. */
  readonly seed: number;
  steps: number;
  turns: number;
  /** Steps after which two answered for one key, and walks in which that happened. */
  disputed: number;
  disputes: number;
}

/** One turn of walks, from seeds that no other turn has. */
function walkOn(scenario: Scenario, walker: Walker, walked: Walked): void {
  for (let i = 0; i < WALKS_OF_A_TURN; i++) {
    const seed = walked.seed + walked.turns * WALKS_OF_A_TURN + i;
    const start = scenario.starts[seed % scenario.starts.length] as readonly number[];
    const result = walker.walk(start, seededRandom(seed), STEPS_OF_A_WALK);
    walked.steps += result.steps;
    walked.disputed += result.disputed;
    if (result.disputed > 0) walked.disputes++;
    if (result.violation === null) continue;
    const trace = retrace(walker.world, new Properties(scenario.bounds.places), start, result.actions);
    const story = tell(walker.world, trace, result.violation);
    throw new Error(`${scenario.name}, walk ${seed}\n${story.join('\n')}`);
  }
  walked.turns++;
}

await runPart(
  'Random walks of the production step function beyond the bounds that are searched whole meet no violation of Zave’s invariants; two answer for one key after at most one step of 10^5',
  async () => {
    const kept = new Kept<Walked>('model-walks', {
      seed: SEED,
      steps: 0,
      turns: 0,
      disputed: 0,
      disputes: 0,
    });
    const walked = kept.value;
    const walkers = SCENARIOS.map((scenario) => new Walker(parametersOf(scenario), scenario.bounds));
    const started = performance.now();
    const stepsBefore = walked.steps;
    while (walked.steps < STEPS && performance.now() - started < LONGEST_MS) {
      const at = walked.turns % SCENARIOS.length;
      walkOn(SCENARIOS[at] as Scenario, walkers[at] as Walker, walked);
      kept.save();
    }
    const stepsNow = walked.steps - stepsBefore;
    const seconds = (performance.now() - started) / 1000;
    console.log(`${stepsNow} steps in ${Math.round(seconds)} s, ${Math.round(stepsNow / seconds)} a second`);
    if (walked.disputed > walked.steps / 1e5)
      throw new Error(`two answer for one key after ${walked.disputed} of ${walked.steps} steps`);
    if (walked.steps < STEPS)
      throw new Error(`${walked.steps} steps of ${STEPS} so far: the next run goes on`);
    return {
      steps: walked.steps,
      'steps after which two answer for one key': walked.disputed,
      'walks in which they do': walked.disputes,
      walks: walked.turns * WALKS_OF_A_TURN,
      scenarios: SCENARIOS.map(({ name }) => name).join('; '),
    };
  },
);
