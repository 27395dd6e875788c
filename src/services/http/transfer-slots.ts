/**
 * How many files move at once, in one direction. Beyond that a client is told to come back: 503 with `Retry-After`. One
 * address gets at most half, so that nobody's share starves another's; on this machine all have one address, and no share.
 */
import { Problem } from '../../problems/problem.ts';
import { RETRY_AFTER_SECONDS } from './failures.ts';

/** Contract, "Limits and bad input". */
const TRANSFERS_MAX = 64;
const LOOPBACK = /^(::1|(::ffff:)?127\..*)$/;

export class TransferSlots {
  readonly #max: number;
  readonly #takenBy = new Map<string, number>();
  #taken = 0;

  constructor(max: number = TRANSFERS_MAX) {
    this.#max = max;
  }

  /**
   * Returns the way to give the slot back, once or more often.
   * @param address of the client @throws Problem `busy`
   */
  take(address: string): () => void {
    const own = this.#takenBy.get(address) ?? 0;
    if (this.#taken >= this.#max || own >= this.#shareOf(address))
      throw new Problem('busy', { seconds: RETRY_AFTER_SECONDS });
    this.#count(address, 1);
    let held = true;
    return () => {
      if (held) this.#count(address, -1);
      held = false;
    };
  }

  #shareOf(address: string): number {
    return LOOPBACK.test(address) ? this.#max : Math.ceil(this.#max / 2);
  }

  #count(address: string, change: 1 | -1): void {
    this.#taken += change;
    const own = (this.#takenBy.get(address) ?? 0) + change;
    if (own === 0) this.#takenBy.delete(address);
    else this.#takenBy.set(address, own);
  }
}
