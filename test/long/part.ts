/** One part of the long tier: a claim at full size, run as a process of its own, with its figures as the last line. */
import { SEED } from '../chance.ts';

export interface Figures {
  readonly [name: string]: number | string;
}

const MARK = '@figures ';

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
