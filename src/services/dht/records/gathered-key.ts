/** What several nodes answered of one key, united, and whether nothing that was acknowledged can be missing from it. */
import { mergeBySlot } from '../../../records/merge.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { ReadRecord } from './checked-page.ts';
import type { Holding } from './holding.ts';

/** One node's answer, all its pages. */
export interface KeyAnswer {
  readonly records: ReadonlyMap<Identifier, ReadRecord>;
  readonly holding: Holding;
  readonly truncated: boolean;
}

export class GatheredKey {
  readonly records = new Map<Identifier, ReadRecord>();
  /** Nodes asked, those that did not answer included. */
  asked = 0;
  truncated = false;
  /** Everybody there is was asked. */
  #isClosed = false;
  #isWhole = false;
  #copies = 0;
  readonly #answers: string[] = [];
  readonly #copiesNeeded: number;

  /** @param copiesNeeded copies that together hold everything */
  constructor(copiesNeeded: number) {
    this.#copiesNeeded = copiesNeeded;
  }

  /** Null when a node did not answer. */
  add(answer: KeyAnswer | null): void {
    this.asked++;
    if (answer === null) return;
    mergeBySlot(this.records, answer.records.values());
    this.truncated ||= answer.truncated;
    this.#isWhole ||= answer.holding === 'whole';
    if (answer.holding === 'copy') this.#copies++;
    this.#answers.push(versionsOf(answer.records));
  }

  /** No node is left that could be asked. */
  close(): void {
    this.#isClosed = true;
  }

  get isComplete(): boolean {
    if (this.#isWhole || this.#copies >= this.#copiesNeeded) return true;
    return this.#isClosed && this.asked > 0 && this.#answers.length === this.asked;
  }

  /** How many answered exactly what all together know. */
  get agreed(): number {
    const whole = versionsOf(this.records);
    return this.#answers.filter((versions) => versions === whole).length;
  }
}

function versionsOf(records: ReadonlyMap<Identifier, ReadRecord>): string {
  return [...records]
    .map(([slot, { tag }]) => `${slot} ${tag}`)
    .sort()
    .join();
}
