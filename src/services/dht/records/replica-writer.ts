/**
 * Passes what an owner stored to its next successors, and says when enough of them hold it. One that does not answer is not
 * waited for beyond its deadline: the comparison of ranges gives it later what it missed.
 */
import type { Logger } from 'pino';
import { type RunningLease, StoreOutcome } from '../../../generated/anillo/records/v1/records.ts';
import { CID_COPIES, NAME_COPIES, replicaCount, writeQuorum } from '../../../records/placement.ts';
import type { Contact } from '../../../ring/message.ts';
import { asBuffer } from './bundle-writer.ts';
import type { Ownership } from './ownership.ts';
import type { PeerCalls } from './peer-calls.ts';

/** Copies on their way at once: beyond it a writer waits for the slowest, so that none piles up in memory. */
const IN_FLIGHT_MAX = 32;

const STANDS: ReadonlySet<StoreOutcome> = new Set([
  StoreOutcome.STORE_OUTCOME_STORED,
  StoreOutcome.STORE_OUTCOME_SUPERSEDED,
]);

export interface Copies {
  /** What stands on at least `CID_COPIES` nodes. */
  readonly all: Uint8Array | null;
  /** Of that, what stands on `NAME_COPIES`. */
  readonly wide: Uint8Array | null;
  readonly leases: RunningLease[];
}

export class ReplicaWriter {
  readonly #ownership: Ownership;
  readonly #calls: PeerCalls;
  readonly #log: Logger;
  #inFlight = 0;

  constructor(ownership: Ownership, calls: PeerCalls, log: Logger) {
    this.#ownership = ownership;
    this.#calls = calls;
    this.#log = log;
  }

  /** Resolves once enough nodes hold the copies, this one included, or none is left to wait for. */
  async write(copies: Copies): Promise<{ holders: number; wanted: number }> {
    const successors = this.#ownership.successors();
    const wanted = writeQuorum(successors.length);
    const near = replicaCount(CID_COPIES, successors.length);
    const far = replicaCount(NAME_COPIES, successors.length);
    const nearest = successors.slice(0, near).map((to) => this.#send(to, copies.all, copies.leases));
    const others = successors.slice(near, far).map((to) => this.#send(to, copies.wide, copies.leases));
    const holders = 1 + (await count(nearest, wanted - 1));
    if (this.#inFlight > IN_FLIGHT_MAX) await Promise.all([...nearest, ...others]);
    return { holders, wanted };
  }

  /** True when all of it stands there. */
  async #send(to: Contact, bundle: Uint8Array | null, leases: RunningLease[]): Promise<boolean> {
    if (bundle === null && leases.length === 0) return true;
    this.#inFlight++;
    try {
      const asked = { bundle: asBuffer(bundle ?? new Uint8Array(0)), leases };
      const { results } = await this.#calls.call(to, 'replicate', asked);
      const refused = results.filter(({ outcome }) => !STANDS.has(outcome)).map(({ code }) => code);
      if (refused.length === 0) return true;
      const codes = [...new Set(refused)];
      this.#log.warn({ to: to.id, codes, refused: refused.length }, 'a replica refused records');
      return false;
    } catch (error) {
      this.#log.debug({ to: to.id, reason: String(error) }, 'a replica did not take a copy');
      return false;
    } finally {
      this.#inFlight--;
    }
  }
}

/** How many of the promises came true, once `enough` have or none is left. */
function count(promises: readonly Promise<boolean>[], enough: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let held = 0;
  let left = promises.length;
  const settle = () => {
    if (held >= enough || left === 0) resolve(held);
  };
  settle();
  for (const one of promises) {
    one.then((isHeld) => {
      left--;
      if (isHeld) held++;
      settle();
    });
  }
  return promise;
}
