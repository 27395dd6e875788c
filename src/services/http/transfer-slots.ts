/** How many files move at once, in one direction. Beyond that a client is told to come back: 503 with `Retry-After`. */
import { Problem } from '../../problems/problem.ts';
import { RETRY_AFTER_SECONDS } from './failures.ts';

/** Contract, "Limits and bad input". */
const TRANSFERS_MAX = 64;

export class TransferSlots {
  readonly #max: number;
  #taken = 0;

  constructor(max: number = TRANSFERS_MAX) {
    this.#max = max;
  }

  /** Returns the way to give the slot back, once or more often. @throws Problem `busy` */
  take(): () => void {
    if (this.#taken >= this.#max) throw new Problem('busy', { seconds: RETRY_AFTER_SECONDS });
    this.#taken += 1;
    let held = true;
    return () => {
      if (held) this.#taken -= 1;
      held = false;
    };
  }
}
