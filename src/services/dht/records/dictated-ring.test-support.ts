/** For tests: a ring that the test dictates, as one of its nodes sees it. */
import type { LookupResult, RingEvent } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import type { Contact } from '../../../ring/message.ts';
import type { Neighbours, RingPort } from '../ring-port.ts';

/** Who dictates it. */
export interface RingPlan {
  neighboursOf(id: string): Neighbours;
  lookup(key: Identifier): LookupResult;
}

export class DictatedRing implements RingPort {
  readonly self: Contact;
  readonly #plan: RingPlan;
  readonly #listeners = new Set<(event: RingEvent) => void>();

  constructor(self: Contact, plan: RingPlan) {
    this.self = self;
    this.#plan = plan;
  }

  neighbours(): Neighbours {
    return this.#plan.neighboursOf(this.self.id);
  }

  lookup(key: Identifier): Promise<LookupResult> {
    return Promise.resolve(this.#plan.lookup(key));
  }

  onEvent(listener: (event: RingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: RingEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
