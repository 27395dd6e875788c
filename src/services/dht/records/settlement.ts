/**
 * What becomes of the catalog's changes: those that stand on the ring are struck out, in the order of `open-changes.ts`, those that
 * will never stand there are told, and who waits for them hears of it.
 */
import type { Logger } from 'pino';
import type { Problem } from '../../../problems/problem.ts';
import type { Clock } from './clock.ts';
import { OpenChanges } from './open-changes.ts';
import type { PendingChange, PendingSource, RefusedChange } from './pending-source.ts';
import { type Awaited, PublicationWaiters } from './publication-waiters.ts';

export interface SettlementOptions {
  readonly source: PendingSource;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Settlement {
  readonly #source: PendingSource;
  readonly #log: Logger;
  readonly #waiters: PublicationWaiters;
  readonly #open = new OpenChanges();
  /** Stand on the ring and are not struck out yet. */
  readonly #arrived: number[] = [];
  /** Will never stand there, and the catalog does not know yet. */
  readonly #refused: RefusedChange[] = [];

  constructor({ source, clock, log }: SettlementOptions) {
    this.#source = source;
    this.#log = log;
    this.#waiters = new PublicationWaiters(clock);
  }

  /** Changes on their way to the ring. */
  get openCount(): number {
    return this.#open.size;
  }

  /** They were signed and are on their way, in the order of their ids. */
  add(changes: readonly PendingChange[]): void {
    this.#open.add(changes);
  }

  /** These stand on the ring. */
  arrive(ids: readonly number[]): void {
    this.#arrived.push(...this.#open.arrive(ids));
    this.settle();
  }

  refuse(refused: readonly RefusedChange[]): void {
    for (const { id, reason } of refused)
      this.#log.warn({ change: id, reason }, 'the ring will never take this change');
    this.#refused.push(...refused);
  }

  /** Never throws: what the catalog does not take now it takes with the next. */
  settle(): void {
    try {
      const refused = this.#refused.splice(
        0,
        takeAll(this.#refused, (changes) => this.#source.refuse(changes)),
      );
      for (const { id, reason } of refused) this.#waiters.refused(id, reason);
      const settled = this.#arrived.splice(
        0,
        takeAll(this.#arrived, (ids) => this.#source.settle(ids)),
      );
      if (settled.length > 0) this.#waiters.settled(settled);
    } catch (error) {
      this.#log.warn({ reason: String(error) }, 'the catalog could not strike out what is done');
    }
  }

  /**
   * Resolves when what is pending now of `paths`, or of all, stands on the ring.
   * @throws Problem `deadline`, `invalid_record` (the ring will never take it), and what `fail` gives
   */
  async wait(timeoutMs: number, paths: readonly string[]): Promise<void> {
    await this.#waiters.wait(paths.length === 0 ? this.#everything() : this.#newestOf(paths), timeoutMs);
  }

  /** Nobody waits any longer. */
  fail(problem: Problem): void {
    this.#waiters.fail(problem);
  }

  #everything(): Awaited {
    const last = this.#source.lastPending();
    const isComplete = () => {
      if (last === null) return true;
      const [first] = this.#source.pending(1);
      return first === undefined || first.id > last;
    };
    return { missing: new Set(), isComplete };
  }

  #newestOf(paths: readonly string[]): Awaited {
    const ids = paths.map((path) => this.#source.lastPending(path)).filter((id) => id !== null);
    const missing = new Set(ids);
    return { missing, isComplete: () => missing.size === 0 };
  }
}

/** How many were taken. */
function takeAll<Item>(items: readonly Item[], take: (items: readonly Item[]) => void): number {
  if (items.length > 0) take(items);
  return items.length;
}
