/** A test about records told in virtual time: a fresh seed each run, printed, and on failure the command that replays it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Files } from './files.ts';
import { Judge } from './judge.ts';
import { RecordWorld, type RecordWorldOptions } from './record-world.ts';

const SEED_BOUND = 2 ** 31;
/** Until everything is read, where a story says nothing else. */
const MISSING_MAX_MS = 60_000;

/** What a story is told with. */
export interface Telling {
  readonly seed: number;
  readonly world: RecordWorld;
  readonly files: Files;
  readonly judge: Judge;
}

export interface StoryOptions extends Omit<RecordWorldOptions, 'seed'> {
  /** In which it failed once. It is told with these as well as with the seed of this run. */
  readonly seeds?: readonly number[];
}

/** Defines a test whose body gets a world with the seed of this run, or the one in ANILLO_SEED. */
export function recordStory(
  title: string,
  file: string,
  { seeds = [], ...options }: StoryOptions,
  body: (telling: Telling) => Promise<void>,
): void {
  const fresh = Number(process.env.ANILLO_SEED ?? Math.floor(Math.random() * SEED_BOUND));
  test(title, async (context) => {
    for (const seed of [...seeds, fresh]) {
      context.diagnostic(`seed ${seed}`);
      const world = new RecordWorld({ ...options, seed });
      try {
        await body({ seed, world, files: new Files(world), judge: new Judge(world) });
      } catch (error) {
        console.error(`Replay: ANILLO_SEED=${seed} node --test --test-name-pattern='${title}' ${file}`);
        throw error;
      } finally {
        world.end();
      }
    }
  });
}

/** No answer was wrong, and everything acknowledged can be read. */
export async function assertNothingLost(judge: Judge, withinMs = MISSING_MAX_MS): Promise<void> {
  judge.rest();
  assert.deepEqual(judge.wrong, []);
  assert.deepEqual(await judge.missing(withinMs), []);
}
