/** One part of the long tier: a claim at full size, run as a process of its own, with its figures as the last line. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SEED } from '../chance.ts';

export interface Figures {
  readonly [name: string]: number | string;
}

const MARK = '@figures ';

/** The runner ends a part after 45 minutes: one that goes on from what it kept stops by itself before that. */
export const LONGEST_MS = 40 * 60_000;

/** What a part of the model checker has got so far for this code, on disk: a run that is cut short goes on there. */
export class Kept<Value> {
  readonly value: Value;
  private readonly file: string;

  constructor(part: string, fresh: Value) {
    this.file = `.cache/${part}/${hashOfModel()}.json`;
    this.value = existsSync(this.file) ? JSON.parse(readFileSync(this.file, 'utf8')) : fresh;
  }

  save(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, JSON.stringify(this.value));
  }
}

/** Of the code that is explored, and that explores. */
function hashOfModel(): string {
  const hash = createHash('sha256');
  for (const file of globSync('src/{ring,model-checker}/*.ts').sort()) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** Runs the part, prints its figures for the runner, and ends the process with 1 when the claim does not hold. */
export async function runPart(claim: string, run: () => Promise<Figures>): Promise<void> {
  console.log(claim);
  console.log(`ANILLO_SEED=${SEED} (set it to replay this run)`);
  try {
    const figures = await run();
    console.log(`${MARK}${JSON.stringify(figures)}`);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
