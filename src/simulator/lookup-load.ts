/** Lookups asked all through a run, each judged: was the answer the owner, how far was it, how long did it take? */
import type { LookupResult, RingEvent } from '../ring/effect.ts';
import type { Identifier } from '../ring/identifier.ts';
import { memberOwner, settledOwner } from './checkers/owner-agreement.ts';
import type { RingView } from './checkers/ring-view.ts';
import { randomIdentifier } from './random.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** Of every lookup: beyond it the caller has waited long enough. */
const DEADLINE_MS = 5_000;
const EXAMPLES_MAX = 3;

interface Asked {
  readonly atMs: number;
  /** Right when it was asked; who is right when the answer comes is right too. */
  readonly owners: readonly (Identifier | undefined)[];
}

export class LookupLoad {
  /** Of lookups whose asker lived to hear the answer. */
  readonly counts = { asked: 0, found: 0, failed: 0, wrong: 0, hops: 0, timeouts: 0 };
  readonly tookMs: number[] = [];
  readonly examples: string[] = [];
  deadlineMs = DEADLINE_MS;
  readonly #world: World;
  readonly #viewFor: (node: SimulatedNode) => RingView;
  readonly #asked = new Map<SimulatedNode, Map<number, Asked>>();
  #generation = 0;

  /** @param viewFor the members whom this node can reach: of them one is the owner */
  constructor(world: World, viewFor: (node: SimulatedNode) => RingView) {
    this.#world = world;
    this.#viewFor = viewFor;
  }

  /** From now on, `perSecond` lookups by askers drawn from `askers`, at moments by chance; 0 ends it. */
  ask(perSecond: number, askers: () => readonly SimulatedNode[]): void {
    const generation = ++this.#generation;
    const next = (): void => {
      const afterMs = (-1_000 / perSecond) * Math.log(1 - this.#world.random());
      this.#world.at(this.#world.schedule.now + afterMs, () => {
        if (generation !== this.#generation) return;
        const among = askers();
        const asker = among[Math.floor(this.#world.random() * among.length)];
        if (asker !== undefined) this.askOnce(asker);
        next();
      });
    };
    if (perSecond > 0) next();
  }

  askOnce(node: SimulatedNode): void {
    const key = randomIdentifier(this.#world.random);
    const of = this.#asked.get(node) ?? new Map<number, Asked>();
    this.#asked.set(node, of);
    const asked = { atMs: this.#world.schedule.now, owners: this.#ownersNow(node, key) };
    // The answer may come before the number of the question is known: it has none of its own yet.
    const lookupId = node.lookup(key, this.deadlineMs);
    const result = node.results.get(lookupId);
    if (result === undefined) of.set(lookupId, asked);
    else this.#judge(node, result, asked);
  }

  told(node: SimulatedNode, event: RingEvent): void {
    if (event.type !== 'lookupDone') return;
    const of = this.#asked.get(node);
    const asked = of?.get(event.result.lookupId);
    if (asked === undefined) return;
    of?.delete(event.result.lookupId);
    this.#judge(node, event.result, asked);
  }

  /** How much longer the slowest in a hundred take than the middle one. */
  ratioOfP99(): number {
    return quantile(this.tookMs, 0.99) / Math.max(1, quantile(this.tookMs, 0.5));
  }

  /** Forgets what was counted; lookups under way still count when they end. */
  reset(): void {
    Object.assign(this.counts, { asked: 0, found: 0, failed: 0, wrong: 0, hops: 0, timeouts: 0 });
    this.tookMs.length = 0;
    this.examples.length = 0;
  }

  #judge(node: SimulatedNode, result: LookupResult, asked: Asked): void {
    node.results.delete(result.lookupId);
    const { counts } = this;
    counts.asked++;
    counts.timeouts += node.callsToDead.get(result.lookupId) ?? 0;
    node.callsToDead.delete(result.lookupId);
    const at = `${result.key.slice(0, 6)} asked at ${Math.round(asked.atMs)} ms`;
    if (result.owner === null) {
      counts.failed++;
      this.#example(`${at}: no owner within ${this.deadlineMs} ms`);
      return;
    }
    counts.found++;
    counts.hops += result.hops;
    this.tookMs.push(this.#world.schedule.now - asked.atMs);
    const { id } = result.owner;
    if (asked.owners.includes(id) || this.#ownersNow(node, result.key).includes(id)) return;
    counts.wrong++;
    this.#example(`${at}: ${id.slice(0, 6)}, not ${asked.owners[0]?.slice(0, 6)}`);
  }

  #ownersNow(node: SimulatedNode, key: Identifier): readonly (Identifier | undefined)[] {
    const view = this.#viewFor(node);
    return [settledOwner(view, key)?.id, memberOwner(view, key)?.id];
  }

  #example(text: string): void {
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(text);
  }
}

/** The value below which this share of all lie; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
