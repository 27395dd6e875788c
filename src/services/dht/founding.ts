/**
 * How a node comes to a ring: it joins whatever member it finds among the addresses it was given, the members it
 * remembers and the seeds of its portmappers; and makes a ring of its own only where nobody else would.
 *
 * - Told nothing and remembering nobody: at once.
 * - When a portmapper says so (it says so to one node at a time), unless it was told whom to join.
 * - When a whole network was stopped and starts again with no portmapper: after a silence in which no member showed
 *   itself, the lowest identifier among those that answer.
 */
import type { Logger } from 'pino';
import { Problem } from '../../problems/problem.ts';
import type { Input } from '../../ring/effect.ts';
import type { Contact, MemberEntry } from '../../ring/message.ts';
import { contactOf } from './hello.ts';
import type { Peers } from './peers.ts';

export interface FoundingTiming {
  /** Between two rounds of questions. */
  readonly roundMs: number;
  /** How long nobody may have been a member before the lowest of those that answer founds. */
  readonly silenceMs: number;
  /** Hello and one ping, each. */
  readonly askTimeoutMs: number;
}

export const FOUNDING_TIMING: FoundingTiming = { roundMs: 300, silenceMs: 10_000, askTimeoutMs: 2_000 };

/** Asked in one round; the rest have their turn in the next. */
const ASKED_MAX = 32;
const SEEDS_MAX = 256;

export interface FoundingParts {
  readonly self: Contact;
  /** `host:port` of DHT services to join by. */
  readonly join: readonly string[];
  readonly hasPortmappers: boolean;
  readonly remembered: readonly MemberEntry[];
  readonly peers: Pick<Peers, 'meet' | 'isMember'>;
  readonly dispatch: (input: Input) => void;
  /** An address to join by belongs to another network or major version. */
  readonly onRefused: (problem: Problem) => void;
  readonly timing: FoundingTiming;
  readonly log: Logger;
}

export class Founding {
  readonly #parts: FoundingParts;
  readonly #madeMs = performance.now();
  readonly #seeds = new Set<string>();
  readonly #rememberedAddresses: readonly string[];
  #portmapperHeardMs = Number.NEGATIVE_INFINITY;
  #mayFound = false;
  #turn = 0;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  constructor(parts: FoundingParts) {
    this.#parts = parts;
    const others = parts.remembered.filter(({ contact }) => contact.id !== parts.self.id);
    this.#rememberedAddresses = others.map(({ contact }) => contact.address);
  }

  /** No address was given, no member is remembered. */
  get knowsOnlyPortmappers(): boolean {
    return this.#parts.join.length === 0 && this.#rememberedAddresses.length === 0;
  }

  begin(): void {
    if (this.knowsOnlyPortmappers && !this.#parts.hasPortmappers) this.#create('nobody to join');
    else void this.#round();
  }

  /** What a portmapper answered: seeds to join by, or leave to found. */
  hear(seeds: readonly Contact[], mayFound: boolean): void {
    this.#portmapperHeardMs = performance.now();
    this.#mayFound = mayFound && this.#parts.join.length === 0;
    const fresh = seeds.filter(({ id }) => id !== this.#parts.self.id);
    for (const { address } of fresh) if (this.#seeds.size < SEEDS_MAX) this.#seeds.add(address);
    if (fresh.length > 0) this.#parts.dispatch({ type: 'join', seeds: fresh });
  }

  /** The ring was joined or made, or the node stops. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const answered = await this.#ask();
    if (this.#ended) return;
    const members = answered.filter(({ isMember }) => isMember).map(({ contact }) => contact);
    if (members.length > 0) this.#parts.dispatch({ type: 'join', seeds: members });
    else if (this.#mayFound) this.#create('the portmapper says so');
    else if (this.#isLowestInSilence(answered.map(({ contact }) => contact)))
      this.#create('no member shows itself');
    if (!this.#ended) this.#timer = setTimeout(() => void this.#round(), this.#parts.timing.roundMs);
  }

  async #ask(): Promise<{ contact: Contact; isMember: boolean }[]> {
    const { join, self, peers, timing } = this.#parts;
    const addresses = [...new Set([...join, ...this.#seeds, ...this.#rememberedAddresses])];
    const asked = addresses.length <= ASKED_MAX ? addresses : this.#turnOf(addresses);
    const answers = await Promise.all(
      asked.map(async (address) => {
        const contact = await this.#meet(address);
        if (contact === null || contact.id === self.id) return null;
        const member = await peers.isMember(contact, timing.askTimeoutMs);
        return member === null ? null : { contact, isMember: member };
      }),
    );
    return answers.filter((answer) => answer !== null);
  }

  #turnOf(addresses: readonly string[]): string[] {
    const from = this.#turn;
    this.#turn = (from + ASKED_MAX) % addresses.length;
    return [...addresses, ...addresses].slice(from, from + ASKED_MAX);
  }

  async #meet(address: string): Promise<Contact | null> {
    const { peers, join, timing, log, onRefused } = this.#parts;
    try {
      return contactOf(await peers.meet(address, timing.askTimeoutMs));
    } catch (error) {
      const problem = Problem.from(error);
      const isRefusal = problem.code === 'other_network' || problem.code === 'other_version';
      if (isRefusal && join.includes(address) && !this.#ended) {
        this.end();
        onRefused(problem);
      } else {
        log.debug({ address, reason: problem.message }, 'not met');
      }
      return null;
    }
  }

  #isLowestInSilence(answered: readonly Contact[]): boolean {
    const { self, timing } = this.#parts;
    const now = performance.now();
    const knowsNetwork = this.#rememberedAddresses.length > 0;
    // A portmapper that answers decides, it sees more.
    const isAlone = now - Math.max(this.#madeMs, this.#portmapperHeardMs) > timing.silenceMs;
    return knowsNetwork && isAlone && answered.every(({ id }) => self.id < id);
  }

  #create(why: string): void {
    this.end();
    this.#parts.log.info({ why }, 'makes a ring of one');
    this.#parts.dispatch({ type: 'create' });
  }
}
