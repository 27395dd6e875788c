/**
 * Virtual time for code that uses promises: between two events of the schedule every promise that can go on does, to its end.
 * So the same seed gives the same run, though the services know nothing of it.
 */
import type { Schedule } from '../schedule.ts';

export class Turns {
  readonly #schedule: Schedule;
  #isDue = true;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Promises may go on: the next event waits until they have. */
  due(): void {
    this.#isDue = true;
  }

  /** Everything up to and including `timeMs` of virtual time. */
  async runUntil(timeMs: number): Promise<void> {
    do {
      if (this.#isDue) await this.#rest();
    } while (this.#schedule.runNext(timeMs));
    this.#schedule.runUntil(timeMs);
  }

  /** A turn of the event loop comes when no promise can go on. */
  async #rest(): Promise<void> {
    this.#isDue = false;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
