/**
 * Keeps this node known at every portmapper it was given: registers, sends heartbeats, says goodbye. Each portmapper is
 * served on its own, so one that is down delays no other, and none is ever needed by the ring itself.
 */
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { SignedDescriptor } from '../../generated/anillo/ring/v1/ring.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import type { ReportBody } from '../../identity/signed-report.ts';
import type { Problem } from '../../problems/problem.ts';
import type { Contact } from '../../ring/message.ts';
import { type LinkOutcome, PortmapperLink } from './portmapper-link.ts';

/** Pause between reports while the node is not on the ring: it waits for seeds, or for leave to found. */
const UNJOINED_INTERVAL_MS = 300;
/** Tries to reach a portmapper that is down begin at most this far apart, so that its return shows within 3 s. */
const RETRY_MAX_MS = 2_000;
const RETRY_MIN_MS = 100;
/** A portmapper that refuses this node is asked again at this pace: somebody may put it right. */
const REFUSED_INTERVAL_MS = 10_000;
/** The portmapper says how often it wants to hear; what it says is held to these bounds. */
const INTERVAL_MIN_MS = 50;
const INTERVAL_MAX_MS = 10_000;

export interface PortmapperAnswer {
  /** URL, as given. */
  readonly portmapper: string;
  /** Members of the ring to join by, or to know of: hints. */
  readonly seeds: readonly Contact[];
  /** No node is on the ring: this one may found it. */
  readonly mayFound: boolean;
}

export interface RegistrationOptions {
  /** URLs, `http://host:port`. */
  readonly portmappers: readonly string[];
  readonly key: NodeKey;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly incarnation: number;
  /** Asked before each report; sent when its bytes changed. */
  readonly descriptor: () => SignedDescriptor;
  readonly report: () => Omit<ReportBody, 'roundTripMs' | 'joined'>;
  /** Is the node on the ring? */
  readonly isJoined: () => boolean;
  readonly onAnswer: (answer: PortmapperAnswer) => void;
  /** A portmapper refuses this node (`other_network`, `other_version`, `superseded`, …); told once, until it accepts. */
  readonly onRefused: (problem: Problem, portmapper: string) => void;
  readonly log: Logger;
}

export interface Registration {
  /** Reports to every portmapper at once: the node has joined, or its descriptor changed. */
  registerNow(): void;
  /** Ends the heartbeats. With `leaving`, says goodbye to each portmapper first, for at most a second. */
  stop(options: { readonly leaving: boolean }): Promise<void>;
}

export function startRegistration(options: RegistrationOptions): Registration {
  let sequence = 0;
  // Never below the clock: it rises even if this life of the node registers twice over.
  const nextSequence = () => {
    sequence = Math.max(sequence + 1, Date.now());
    return sequence;
  };
  const rounds = options.portmappers.map((portmapper) => new Rounds(options, portmapper, nextSequence));
  return {
    registerNow() {
      for (const round of rounds) round.wake();
    },
    async stop({ leaving }) {
      await Promise.all(rounds.map((round) => round.stop(leaving)));
    },
  };
}

/** The reports to one portmapper, one after the other, each at its time. */
class Rounds {
  readonly #options: RegistrationOptions;
  readonly #portmapper: string;
  readonly #link: PortmapperLink;
  #timer: NodeJS.Timeout | null = null;
  #reporting = false;
  /** `wake` was called while a report was under way: another follows at once. */
  #again = false;
  #stopped = false;
  #failures = 0;
  #refusedWith: string | null = null;

  constructor(options: RegistrationOptions, portmapper: string, nextSequence: () => number) {
    this.#options = options;
    this.#portmapper = portmapper;
    this.#link = new PortmapperLink({ ...options, portmapper, nextSequence });
    this.#schedule(0);
  }

  wake(): void {
    if (this.#reporting) this.#again = true;
    else this.#schedule(0);
  }

  async stop(leaving: boolean): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#link.close(leaving);
  }

  #schedule(afterMs: number): void {
    if (this.#stopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#round(), afterMs);
  }

  async #round(): Promise<void> {
    const startedMs = performance.now();
    this.#reporting = true;
    this.#again = false;
    const outcome = await this.#link.report();
    this.#reporting = false;
    if (this.#stopped) return;
    const intervalMs = this.#react(outcome);
    const elapsedMs = performance.now() - startedMs;
    // From start to start, so that a try that hung does not put off the next by its own length.
    this.#schedule(this.#again ? 0 : Math.max(intervalMs - elapsedMs, Math.min(intervalMs, RETRY_MIN_MS)));
  }

  /** Tells the node what the portmapper said. @returns milliseconds from this report's start to the next one's */
  #react(outcome: LinkOutcome): number {
    const { log, onAnswer, onRefused, isJoined } = this.#options;
    const portmapper = this.#portmapper;
    if (outcome.type === 'unreachable') {
      if (this.#failures++ === 0) log.warn({ portmapper, reason: outcome.reason }, 'portmapper not reached');
      return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    }
    if (this.#failures > 0) log.info({ portmapper, tries: this.#failures }, 'portmapper reached again');
    this.#failures = 0;
    if (outcome.type === 'forgotten') return RETRY_MIN_MS;
    if (outcome.type === 'refused') {
      if (this.#refusedWith !== outcome.problem.code) onRefused(outcome.problem, portmapper);
      this.#refusedWith = outcome.problem.code;
      return REFUSED_INTERVAL_MS;
    }
    this.#refusedWith = null;
    onAnswer({ portmapper, seeds: outcome.seeds, mayFound: outcome.mayFound });
    const intervalMs = Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, outcome.heartbeatIntervalMs));
    return isJoined() ? intervalMs : Math.min(UNJOINED_INTERVAL_MS, intervalMs);
  }
}
