/**
 * Brings signed records to the owners of their keys: grouped by owner, in bundles of bounded size, a few at once, until
 * enough nodes hold them.
 */
import type { Logger } from 'pino';
import {
  StoreOutcome,
  type StoreResponse,
  type StoreResult,
} from '../../../generated/anillo/records/v1/records.ts';
import type { Random } from '../../../ring/effect.ts';
import { asBuffer, BundleWriter } from './bundle-writer.ts';
import { type Clock, wait } from './clock.ts';
import type { LeaseBook } from './lease-book.ts';
import type { OwnedRange, OwnerMap } from './owner-map.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { RecordStore } from './record-store.ts';
import type { Outgoing, OutgoingBatch } from './record-tasks.ts';
import { Slots } from './slots.ts';

/** Bundles on their way from this node: one an owner, so that one that does not answer holds up nobody else's. */
const IN_FLIGHT_MAX = 8;
/** Tries of one record in one delivery; what is left then waits in the catalog for the next. */
const ROUNDS_MAX = 8;
/** Store answers after its replicas did, so it takes longer than one call. */
const STORE_TIMEOUT_FACTOR = 3;
/** Pauses grow to this many times the first. */
const PAUSE_GROWTH_MAX = 32;
/** No repetition changes it. */
const FINAL = 'invalid_record';
/** So many nodes have the content that nobody misses this one. */
const NOT_NEEDED = 'full';
const AHEAD = 'clock_skew';

export interface DeliveryOptions {
  readonly store: RecordStore;
  readonly leases: LeaseBook;
  readonly owners: OwnerMap;
  readonly calls: PeerCalls;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly callTimeoutMs: number;
  readonly retryDelayMs: number;
}

/** An owner with messages on their way: one at a time, the others in turn. */
interface BusyOwner {
  readonly turn: Slots;
  readonly calls: AbortController;
  messages: number;
}

interface Message {
  readonly to: OwnedRange;
  readonly items: readonly Outgoing[];
  readonly bundle: Uint8Array;
}

/** Hears, message by message, what becomes of the records. */
export interface DeliveryWatch {
  /** Enough nodes hold them, or need them no more. */
  stored(items: readonly Outgoing[]): void;
  /** Their keys are full: others are brought in their place. */
  replaced(items: readonly Outgoing[], by: readonly Outgoing[]): void;
  /** Will never be taken. */
  refused(items: readonly Outgoing[], reason: string): void;
}

const NOBODY: DeliveryWatch = { stored: () => {}, replaced: () => {}, refused: () => {} };

interface Round {
  /** To be tried again. */
  readonly again: Outgoing[];
  /** Their base key is full. */
  readonly split: Outgoing[];
  readonly watch: DeliveryWatch;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #slots = new Slots(IN_FLIGHT_MAX);
  /** Owners with bundles on their way, or waiting for it. */
  readonly #busy = new Map<string, BusyOwner>();
  #onAhead: () => void = () => {};

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Resolves with what could not be brought, after all tries or once `signal` aborts. */
  async deliver(
    batch: OutgoingBatch,
    signal: AbortSignal,
    watch: DeliveryWatch = NOBODY,
  ): Promise<readonly Outgoing[]> {
    const batches = new Map<string, Uint8Array>();
    let waiting = addBatches(batches, batch);
    for (let tries = 0; tries < ROUNDS_MAX && waiting.length > 0 && !signal.aborted; tries++) {
      const round: Round = { again: [], split: [], watch };
      await this.#round(waiting, batches, round, signal);
      waiting = round.again;
      if (round.split.length > 0) waiting.push(...(await this.#deeper(round.split, batches, watch)));
      if (round.again.length > 0) await this.#pause(tries, signal);
    }
    return waiting;
  }

  /** `listener` hears when an owner takes a record for signed in the future, whoever had it brought. */
  whenAhead(listener: () => void): void {
    this.#onAhead = listener;
  }

  /** The ring says that this node is gone: what is on its way there goes elsewhere. */
  gone(owner: string): void {
    this.#busy.get(owner)?.calls.abort();
  }

  /** Never rejects: where the worker does not answer they are tried again as they are. */
  async #deeper(
    split: readonly Outgoing[],
    batches: Map<string, Uint8Array>,
    watch: DeliveryWatch,
  ): Promise<readonly Outgoing[]> {
    const { store, clock, log } = this.#options;
    try {
      const deeper = await store.run('shard', { refused: split.map(toRefused), nowMs: clock.wallMs() });
      const stuck = new Set(deeper.stuck.map((index) => split[index]).filter((item) => item !== undefined));
      const moved = addBatches(batches, deeper);
      watch.refused([...stuck], 'its last shard is full');
      watch.replaced(
        split.filter((item) => !stuck.has(item)),
        moved,
      );
      return moved;
    } catch (error) {
      log.warn({ reason: String(error) }, 'records of a full key could not be moved');
      return split;
    }
  }

  async #round(
    items: readonly Outgoing[],
    batches: ReadonlyMap<string, Uint8Array>,
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const sent: Promise<void>[] = [];
    for (const { to, items: mine } of await this.#byOwner(items, round)) {
      for (const message of messagesOf(to, mine, batches)) {
        sent.push(this.#inTurn(message, round, signal));
        await this.#options.clock.nextTurn();
      }
    }
    await Promise.all(sent);
  }

  /** One message an owner at once. */
  async #inTurn(message: Message, round: Round, stopping: AbortSignal): Promise<void> {
    const { id } = message.to.owner;
    const busy = this.#busy.get(id) ?? { turn: new Slots(1), calls: new AbortController(), messages: 0 };
    this.#busy.set(id, busy);
    busy.messages++;
    const signal = AbortSignal.any([busy.calls.signal, stopping]);
    await busy.turn.run(() => this.#slots.run(() => this.#send(message, round, signal)));
    if (--busy.messages === 0 && this.#busy.get(id) === busy) this.#busy.delete(id);
  }

  async #byOwner(items: readonly Outgoing[], round: Round): Promise<{ to: OwnedRange; items: Outgoing[] }[]> {
    const groups = new Map<string, { to: OwnedRange; items: Outgoing[] }>();
    // When no owner is found for one, there is none for the others soon: all of them wait for the next round.
    let isRingThere = true;
    for (const item of items) {
      const to: OwnedRange | null = isRingThere ? await this.#ownerOf(item) : null;
      if (to === null) {
        isRingThere = false;
        round.again.push(item);
        continue;
      }
      const group = groups.get(to.owner.id) ?? { to, items: [] };
      group.items.push(item);
      groups.set(to.owner.id, group);
    }
    return [...groups.values()];
  }

  async #ownerOf(item: Outgoing): Promise<OwnedRange | null> {
    try {
      return await this.#options.owners.find(item.key);
    } catch (error) {
      this.#options.log.debug({ key: item.key, reason: String(error) }, 'no owner was found');
      return null;
    }
  }

  async #send({ to, items, bundle }: Message, round: Round, signal: AbortSignal): Promise<void> {
    const { calls, leases, owners, log, callTimeoutMs } = this.#options;
    try {
      signal.throwIfAborted();
      const request = { bundle: asBuffer(bundle), lease: leases.own };
      const timeoutMs = callTimeoutMs * STORE_TIMEOUT_FACTOR;
      const answer = await calls.call(to.owner, 'store', request, timeoutMs, signal);
      this.#sort(to, items, answer, round);
      if (answer.publications.length > 0) await this.#learn(answer.publications);
    } catch (error) {
      log.debug({ owner: to.owner.id, reason: String(error) }, 'an owner did not take records');
      owners.forget(to);
      round.again.push(...items);
    }
  }

  #sort(to: OwnedRange, items: readonly Outgoing[], answer: StoreResponse, round: Round): void {
    const isHeld = answer.replicas >= answer.replicasWanted;
    const stored: Outgoing[] = [];
    let isOwner = true;
    items.forEach((item, index) => {
      const result = answer.results[index];
      if (result === undefined || result.outcome === StoreOutcome.STORE_OUTCOME_NOT_OWNER) {
        isOwner = false;
        round.again.push(item);
      } else if (result.outcome === StoreOutcome.STORE_OUTCOME_REFUSED) this.#refused(item, result, round);
      else if (isHeld) stored.push(item);
      else round.again.push(item);
    });
    if (!isOwner) this.#options.owners.forget(to);
    round.watch.stored(stored);
  }

  #refused(item: Outgoing, { code }: StoreResult, { again, split, watch }: Round): void {
    if (code === 'split') split.push(item);
    else if (code === NOT_NEEDED) watch.stored([item]);
    else if (code === FINAL) watch.refused([item], code);
    else {
      if (code === AHEAD) this.#onAhead();
      this.#options.log.warn({ key: item.key, code }, 'a record was refused');
      again.push(item);
    }
  }

  async #learn(bundle: Uint8Array): Promise<void> {
    try {
      await this.#options.store.run('learn', { bundle });
    } catch (error) {
      this.#options.log.debug({ reason: String(error) }, 'what an owner told was not understood');
    }
  }

  async #pause(round: number, signal: AbortSignal): Promise<void> {
    const growth = Math.min(2 ** round, PAUSE_GROWTH_MAX);
    const { clock, random, retryDelayMs } = this.#options;
    await wait(clock, retryDelayMs * growth * (0.75 + random() / 2), signal);
  }
}

function addBatches(
  batches: Map<string, Uint8Array>,
  { batches: more, outgoing }: OutgoingBatch,
): Outgoing[] {
  for (const { root, encoded } of more) batches.set(rootName(root), encoded);
  return [...outgoing];
}

function* messagesOf(
  to: OwnedRange,
  items: readonly Outgoing[],
  batches: ReadonlyMap<string, Uint8Array>,
): Generator<Message> {
  let writer = new BundleWriter();
  let mine: Outgoing[] = [];
  for (const item of items) {
    const batch = batches.get(rootName(item.root));
    if (batch === undefined) throw new Error('a record without its batch');
    const entry = { placementKey: Buffer.from(item.key, 'hex'), ...item };
    if (!writer.add(entry, batch)) {
      yield { to, items: mine, bundle: writer.finish() };
      writer = new BundleWriter();
      mine = [];
      writer.add(entry, batch);
    }
    mine.push(item);
  }
  if (mine.length > 0) yield { to, items: mine, bundle: writer.finish() };
}

function toRefused({ key, slot, changes }: Outgoing): {
  key: string;
  slot: string;
  changes: readonly number[];
} {
  return { key, slot, changes };
}

function rootName(root: Uint8Array): string {
  return asBuffer(root).toString('latin1');
}
