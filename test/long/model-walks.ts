/**
 * Random walks of the model checker: 10^8 steps beyond the bounds that are searched whole. What was walked is kept beside the
 * results of the tier, so that a run that is cut short goes on where it was.
 *   ANILLO_MODEL_STEPS  steps in all (100000000)
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { runPart } from './part.ts';

const STEPS = Number(process.env.ANILLO_MODEL_STEPS ?? 1e8);
const STEPS_OF_A_WALK = 200;
/** Walks of one scenario before the next has its turn. */
const WALKS_OF_A_TURN = 2_000;
/** The runner ends a part after 45 minutes: before that it stops by itself, and the next run goes on. */
const LONGEST_MS = 40 * 60_000;
const FOLDER = '.cache/model-walks';

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

/** What was walked holds for this code of the ring and of the model. */
function hashOfCode(): string {
  const hash = createHash('sha256');
  for (const file of globSync('src/{ring,model-checker}/*.ts').sort()) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

function known(file: string): Walked {
  return existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { seed: SEED, steps: 0, turns: 0, disputed: 0, disputes: 0 };
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
    mkdirSync(FOLDER, { recursive: true });
    const file = `${FOLDER}/${hashOfCode()}.json`;
    const walked = known(file);
    const walkers = SCENARIOS.map((scenario) => new Walker(parametersOf(scenario), scenario.bounds));
    const started = performance.now();
    while (walked.steps < STEPS && performance.now() - started < LONGEST_MS) {
      const at = walked.turns % SCENARIOS.length;
      walkOn(SCENARIOS[at] as Scenario, walkers[at] as Walker, walked);
      writeFileSync(file, JSON.stringify(walked));
    }
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
