/**
 * Hops of a lookup on an ideal ring, counted as calls from the asker to the owner inclusively, beside the table of the design
 * (docs/figures/ring.md) and the paper's setting (Chord 2003, fingers to base 2 alone). Every owner is checked against a sorted array.
 *   node bench/hops.ts [nodes] [lookups] [seed]
 */
import type { LookupResult } from '../src/ring/effect.ts';
import { fillIdealFingers } from '../src/ring/ideal-fingers.ts';
import type { Contact } from '../src/ring/message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from '../src/ring/parameters.ts';
import { fillIdealRoutes } from '../src/ring/route-exchange.ts';
import { positionOf } from '../src/ring/routes.ts';
import { createRingState, type RingState } from '../src/ring/state.ts';
import { step } from '../src/ring/step.ts';
import { randomIdentifier, seededRandom } from '../src/simulator/random.ts';

const SIZES = [1_000, 10_000, 100_000];
const LOOKUPS = 20_000;
const SEED = 1;
/** Beyond, memory on this machine ends. */
const MET_IN_ALL_MAX = 1.1e8;

interface Setting {
  readonly name: string;
  readonly parameters: RingParameters;
  /** Contacts that each node met by chance before, as its routes. */
  readonly met?: number;
}

const BARE: RingParameters = { ...DEFAULT_PARAMETERS, routesMax: 0 };

export const SETTINGS: readonly Setting[] = [
  { name: 'base 16', parameters: BARE },
  { name: 'base 16, nearest of 1', parameters: { ...BARE, fingerCandidates: 1 } },
  {
    name: 'base 16, 1,024 cached',
    parameters: { ...DEFAULT_PARAMETERS, routesMax: 1 },
    met: 1_024,
  },
  { name: 'routing table', parameters: DEFAULT_PARAMETERS, met: 10_000 },
  { name: 'base 4', parameters: { ...BARE, fingerBase: 4 } },
  { name: 'base 2', parameters: { ...BARE, fingerBase: 2 } },
  {
    name: 'base 2, no list (paper)',
    parameters: { ...BARE, fingerBase: 2, listRouting: false, fingerCandidates: 1 },
  },
];

export interface HopFigures {
  readonly setting: string;
  readonly nodes: number;
  readonly lookups: number;
  readonly seed: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  /** Contacts that lookups go by, a node: successors, fingers, routes. */
  readonly entries: number;
  readonly wrongOwners: number;
  readonly failed: number;
}

/** A ring where nothing is left to find, with an answer to every request in the same moment. */
class StillRing {
  readonly sorted: readonly Contact[];
  readonly #states: RingState[];
  readonly #random: () => number;

  constructor(nodes: number, setting: Setting, seed: number) {
    this.#random = seededRandom(seed);
    const ids = Array.from({ length: nodes }, () => randomIdentifier(this.#random)).sort();
    this.sorted = ids.map((id, at) => ({ id, incarnation: 1, address: `n${at}:1` }));
    this.#states = this.sorted.map((contact, at) => this.#settled(contact, at, setting));
  }

  #settled(contact: Contact, at: number, { parameters, met = 0 }: Setting): RingState {
    const { sorted } = this;
    const state = createRingState(contact, parameters);
    const length = Math.min(parameters.successorCount, sorted.length - 1);
    state.phase = 'member';
    state.predecessor = sorted[(at + sorted.length - 1) % sorted.length] ?? null;
    state.successors = Array.from({ length }, (_, i) => sorted[(at + 1 + i) % sorted.length] as Contact);
    // Where the nearest one stands is chance: what it costs in hops must show.
    const nearest = (choices: readonly Contact[]) => choices[Math.floor(this.#random() * choices.length)];
    fillIdealFingers(state, sorted, nearest);
    if (met >= sorted.length) fillIdealRoutes(state, sorted);
    else if (met > 0) this.#meet(state, met);
    return state;
  }

  /** As many by chance as the cache holds. */
  #meet(state: RingState, met: number): void {
    const { sorted } = this;
    const chosen = new Set<number>();
    while (chosen.size < met) chosen.add(Math.floor(this.#random() * sorted.length));
    state.table.mode = 'part';
    for (const at of [...chosen].sort((a, b) => a - b)) {
      const contact = sorted[at] as Contact;
      if (contact.id !== state.self.id) state.routes.push(contact);
    }
  }

  lookup(): { readonly result: LookupResult; readonly expected: Contact } {
    const asker = this.#states[Math.floor(this.#random() * this.#states.length)] as RingState;
    const key = randomIdentifier(this.#random);
    const expected = this.sorted[positionOf(this.sorted, key) % this.sorted.length] as Contact;
    let effects = step(asker, 0, this.#random, { type: 'lookup', lookupId: 1, key, deadlineMs: 5_000 });
    for (;;) {
      const done = effects.find((effect) => effect.type === 'event' && effect.event.type === 'lookupDone');
      if (done?.type === 'event' && done.event.type === 'lookupDone')
        return { result: done.event.result, expected };
      const sent = effects.find((effect) => effect.type === 'send' && effect.request.type === 'findOwner');
      if (sent?.type !== 'send') throw new Error('a lookup on an ideal ring waits');
      const asked = this.#states[positionOf(this.sorted, sent.to.id)] as RingState;
      const token = 1;
      const answers = step(asked, 0, this.#random, {
        type: 'request',
        from: asker.self,
        toIncarnation: 1,
        token,
        request: sent.request,
      });
      const reply = answers.find((effect) => effect.type === 'reply' && effect.token === token);
      if (reply?.type !== 'reply') throw new Error('a request without an answer');
      effects = step(asker, 0, this.#random, {
        type: 'reply',
        requestId: sent.requestId,
        from: asked.self,
        reply: reply.reply,
      });
    }
  }

  entries(): number {
    const known = this.#states.map(({ successors, fingers, routes, self }) => {
      const contacts = [...successors, ...fingers.contacts, ...routes];
      return new Set(contacts.map((contact) => contact?.id ?? self.id)).size;
    });
    return known.reduce((sum, count) => sum + count, 0) / known.length;
  }
}

export function measureHops(nodes: number, setting: Setting, lookups = LOOKUPS, seed = SEED): HopFigures {
  const ring = new StillRing(nodes, setting, seed);
  const entries = ring.entries();
  const hops: number[] = [];
  let wrongOwners = 0;
  let failed = 0;
  for (let i = 0; i < lookups; i++) {
    const { result, expected } = ring.lookup();
    if (result.outcome === 'failed') failed++;
    else if (result.owner?.id !== expected.id) wrongOwners++;
    hops.push(result.hops);
  }
  hops.sort((a, b) => a - b);
  return {
    setting: setting.name,
    nodes,
    lookups,
    seed,
    mean: hops.reduce((sum, count) => sum + count, 0) / hops.length,
    p50: hops[Math.floor(hops.length / 2)] as number,
    p99: hops[Math.floor(hops.length * 0.99)] as number,
    entries,
    wrongOwners,
    failed,
  };
}

if (import.meta.main) {
  const [nodes, lookups, seed] = process.argv.slice(2).map(Number);
  console.log(
    'setting                       nodes  mean hops  p50  p99  entries  wrong  failed  lookups  seed',
  );
  for (const size of nodes === undefined ? SIZES : [nodes]) {
    for (const setting of SETTINGS) {
      if (setting.met !== undefined && size * setting.met > MET_IN_ALL_MAX) continue;
      const figures = measureHops(size, setting, lookups, seed);
      const { mean, p50, p99, entries, wrongOwners, failed } = figures;
      console.log(
        setting.name.padEnd(28),
        `${size}`.padStart(6),
        mean.toFixed(3).padStart(10),
        `${p50}`.padStart(4),
        `${p99}`.padStart(4),
        entries.toFixed(1).padStart(8),
        `${wrongOwners}`.padStart(6),
        `${failed}`.padStart(7),
        `${figures.lookups}`.padStart(8),
        `${figures.seed}`.padStart(5),
      );
    }
  }
}
