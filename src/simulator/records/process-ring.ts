/** The ring of one simulated process as the services see it: what the ring driver is in a real one. */
import { Problem } from '../../problems/problem.ts';
import type { Input, LookupResult, RingEvent } from '../../ring/effect.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';
import { neighbours } from '../../ring/state.ts';
import type { Neighbours, RingPort } from '../../services/dht/ring-port.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { Turns } from './turns.ts';

/** As many as the ring driver lets wait. */
const LOOKUPS_MAX = 4_096;

export class ProcessRing implements RingPort {
  readonly self: Contact;
  readonly #node: SimulatedNode;
  readonly #turns: Turns;
  readonly #lookups = new Map<number, PromiseWithResolvers<LookupResult>>();
  readonly #listeners = new Set<(event: RingEvent) => void>();

  constructor(node: SimulatedNode, turns: Turns) {
    this.self = node.contact;
    this.#node = node;
    this.#turns = turns;
  }

  dispatch(input: Input): void {
    this.#node.feed(input);
  }

  neighbours(): Neighbours {
    // Whoever asks may be the first to run after a pause: the ring notices it before it answers.
    const { state, nowMs } = this.#node;
    if (nowMs - state.lastStepAt > state.parameters.pauseMs) this.dispatch({ type: 'timer', timerId: '' });
    return neighbours(state);
  }

  lookup(key: Identifier, timeoutMs: number): Promise<LookupResult> {
    if (this.#lookups.size >= LOOKUPS_MAX) return Promise.reject(new Problem('busy', { seconds: 1 }));
    const waiting = Promise.withResolvers<LookupResult>();
    const lookupId = this.#node.lookup(key, timeoutMs);
    this.#lookups.set(lookupId, waiting);
    const known = this.#node.results.get(lookupId);
    if (known !== undefined) this.#end(known);
    return waiting.promise;
  }

  onEvent(listener: (event: RingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The node's core told this. */
  told(event: RingEvent): void {
    this.#turns.due();
    if (event.type === 'lookupDone') this.#end(event.result);
    else for (const listener of this.#listeners) listener(event);
  }

  #end(result: LookupResult): void {
    const waiting = this.#lookups.get(result.lookupId);
    if (waiting === undefined) return;
    this.#lookups.delete(result.lookupId);
    this.#node.results.delete(result.lookupId);
    waiting.resolve(result);
  }
}
