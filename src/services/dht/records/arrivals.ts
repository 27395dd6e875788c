/** Counts, for each change of a batch, the records that still have to be brought. */
import type { Outgoing } from './record-tasks.ts';

export class Arrivals {
  readonly #left = new Map<number, number>();

  constructor(items: readonly Outgoing[]) {
    this.expect(items);
  }

  expect(items: readonly Outgoing[]): void {
    for (const id of items.flatMap(({ changes }) => changes)) this.#left.set(id, this.#leftOf(id) + 1);
  }

  /** These need not be brought any more. Returns the changes of which nothing is left. */
  strike(items: readonly Outgoing[]): number[] {
    const there: number[] = [];
    for (const id of items.flatMap(({ changes }) => changes)) {
      const left = this.#leftOf(id) - 1;
      this.#left.set(id, left);
      if (left === 0) there.push(id);
    }
    return there;
  }

  /** Is there nothing to bring of this change? */
  hasAll(id: number): boolean {
    return this.#leftOf(id) === 0;
  }

  #leftOf(id: number): number {
    return this.#left.get(id) ?? 0;
  }
}
