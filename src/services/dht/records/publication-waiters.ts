/** Who waits until changes stand on the ring. */
import { Problem } from '../../../problems/problem.ts';
import type { Clock } from './clock.ts';

/** What one of them waits for. */
export interface Awaited {
  /** Changes that are missing yet; struck out as they come. */
  readonly missing: Set<number>;
  /** Asked after each change that came. */
  isComplete(): boolean;
}

interface Waiter extends Awaited {
  readonly resolve: () => void;
  readonly reject: (problem: Problem) => void;
}

export class PublicationWaiters {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws Problem `deadline`, `invalid_record` where one of the missing was refused, and what `fail` gives */
  async wait(awaited: Awaited, timeoutMs: number): Promise<void> {
    if (awaited.isComplete()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { missing } = awaited;
    const waiter = { missing, isComplete: () => awaited.isComplete(), resolve, reject };
    const late = () => reject(new Problem('deadline', { what: 'the.ring', timeoutMs }));
    const giveUp = this.#clock.after(timeoutMs, late);
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      giveUp();
      this.#waiters.delete(waiter);
    }
  }

  settled(ids: readonly number[]): void {
    for (const waiter of this.#waiters) {
      for (const id of ids) waiter.missing.delete(id);
      if (waiter.isComplete()) waiter.resolve();
    }
  }

  refused(id: number, reason: string): void {
    for (const { missing, reject } of this.#waiters) {
      if (missing.has(id)) reject(new Problem('invalid_record', { reason }));
    }
  }

  fail(problem: Problem): void {
    for (const { reject } of this.#waiters) reject(problem);
  }
}
