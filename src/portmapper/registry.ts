/**
 * The nodes that this portmapper knows: who they are, what they said last, their state and its history. Kept in memory,
 * written behind: a change of state within half a second, the rest every few seconds.
 */

import type { SignedDescriptor } from '../generated/anillo/ring/v1/ring.ts';
import { type NodeDescriptor, openDescriptor } from '../identity/descriptor.ts';
import type { ReportBody } from '../identity/signed-report.ts';
import { Problem } from '../problems/problem.ts';
import {
  afterRestart,
  availability,
  type NodeState,
  type Presence,
  type Transition,
  WINDOWS,
} from './availability.ts';
import { RegistryStore } from './registry-store.ts';
import { WatchHistory } from './watch-history.ts';

/** What the design asks for: the largest ring whose members all know one another. */
export const NODES_MAX = 10_000;
/** The contract's 30 days in which a member that left is remembered. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;
/** Kept for each node: a node that flaps every 20 minutes for a week. */
const TRANSITIONS_MAX = 512;

export interface KnownNode {
  readonly id: string;
  descriptor: NodeDescriptor;
  signedDescriptor: SignedDescriptor;
  /** The index endpoint, or the DHT endpoint while no index service runs. */
  address: string;
  report: ReportBody;
  /** Of the last report taken, within the incarnation. */
  sequence: number;
  presence: Presence;
  /** It said goodbye, and was not heard of since. */
  hasLeft: boolean;
  /** Unix milliseconds. */
  lastSeenMs: number;
  transitions: Transition[];
}

export class Registry {
  readonly watch: WatchHistory;
  readonly #store: RegistryStore;
  readonly #nodes = new Map<string, KnownNode>();
  /** In order of their ids; null when somebody came or went since. */
  #ordered: readonly KnownNode[] | null = null;
  readonly #unsaved = new Set<KnownNode>();
  #newTransitions: { readonly node: KnownNode; readonly transition: Transition }[] = [];
  #revision = 0;

  private constructor(store: RegistryStore, watch: WatchHistory) {
    this.#store = store;
    this.watch = watch;
  }

  /** @param monotonicMs @param unixMs the time on both clocks @throws Problem `newer_data` */
  static open(dataDir: string, monotonicMs: number, unixMs: number): Registry {
    const store = new RegistryStore(dataDir);
    const registry = new Registry(store, new WatchHistory(store, unixMs));
    registry.#load(monotonicMs, unixMs);
    return registry;
  }

  /** Rises when a node comes, goes, changes its state, its descriptor or its being on the ring. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get hasNews(): boolean {
    return this.#newTransitions.length > 0;
  }

  get(id: string): KnownNode | null {
    return this.#nodes.get(id) ?? null;
  }

  /** In order of their ids. */
  nodes(): readonly KnownNode[] {
    this.#ordered ??= [...this.#nodes.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
    return this.#ordered;
  }

  inState(state: NodeState): KnownNode[] {
    return this.nodes().filter((node) => node.presence.state === state);
  }

  /** The node that is called by this index endpoint; of several lives there, the one that was seen last. */
  atAddress(address: string): KnownNode | null {
    const there = this.nodes().filter((node) => node.address === address);
    return there.sort((one, other) => other.lastSeenMs - one.lastSeenMs)[0] ?? null;
  }

  /** Takes a node in that is not known yet. @throws Problem `registry_full` */
  add(node: Omit<KnownNode, 'transitions' | 'presence'>, presence: Presence, unixMs: number): KnownNode {
    if (this.#nodes.size >= NODES_MAX) this.#forgetLongestGone();
    const known: KnownNode = { ...node, presence: { ...presence, state: 'inactive' }, transitions: [] };
    this.#nodes.set(known.id, known);
    this.#ordered = null;
    this.place(known, presence, unixMs);
    return known;
  }

  /** Notes that something about `node` changed, to be written. */
  touch(node: KnownNode, isNews: boolean): void {
    this.#unsaved.add(node);
    if (isNews) this.#revision++;
  }

  place(node: KnownNode, presence: Presence, unixMs: number): void {
    const changed = node.presence.state !== presence.state || node.transitions.length === 0;
    node.presence = presence;
    if (!changed) return;
    const transition = { atMs: unixMs, state: presence.state };
    node.transitions.push(transition);
    this.#newTransitions.push({ node, transition });
    this.touch(node, true);
  }

  availability(node: KnownNode, unixMs: number): Record<keyof typeof WINDOWS, number | null> {
    const over = (windowMs: number) => availability(node.transitions, this.watch.spans, unixMs, windowMs);
    return { '1h': over(WINDOWS['1h']), '24h': over(WINDOWS['24h']), '7d': over(WINDOWS['7d']) };
  }

  /** Writes what is not on disk yet. */
  save(): void {
    this.#store.transact(() => {
      for (const node of this.#unsaved) this.#store.saveNode(toStored(node));
      for (const { node, transition } of this.#newTransitions) {
        if (this.#nodes.get(node.id) === node) this.#store.addTransition(node.id, transition);
      }
      this.watch.save();
    });
    this.#unsaved.clear();
    this.#newTransitions = [];
  }

  /** Forgets who is gone for 30 days, and history that no window reaches. */
  forget(unixMs: number): void {
    this.save();
    const windowStartMs = unixMs - WINDOWS['7d'];
    this.#store.transact(() => {
      for (const node of this.nodes()) {
        const gone = node.presence.state === 'inactive' && unixMs - node.lastSeenMs > REMEMBERED_MS;
        if (gone) this.#remove(node);
        else this.#trim(node, windowStartMs);
      }
      this.watch.forget(windowStartMs);
    });
  }

  /** The clock was set back to `unixMs`: history ends there. */
  setBack(unixMs: number): void {
    this.save();
    this.watch.setBack(unixMs);
    for (const node of this.#nodes.values()) {
      node.transitions = node.transitions.map(({ atMs, state }) => ({ atMs: Math.min(atMs, unixMs), state }));
      node.lastSeenMs = Math.min(node.lastSeenMs, unixMs);
    }
  }

  close(): void {
    this.save();
    this.#store.close();
  }

  #load(monotonicMs: number, unixMs: number): void {
    for (const stored of this.#store.nodes()) {
      // Its expiry was checked when it was taken in; who is remembered may be long gone.
      const descriptor = openDescriptor(stored.signedDescriptor, 0);
      if (descriptor === null) continue;
      const node: KnownNode = {
        ...stored,
        descriptor,
        address: addressOf(descriptor),
        presence: { state: stored.state, silentSinceMs: monotonicMs },
        transitions: this.#store.transitions(stored.id),
      };
      this.#nodes.set(node.id, node);
      this.place(node, afterRestart(stored.state, monotonicMs), unixMs);
    }
  }

  #forgetLongestGone(): void {
    const gone = this.inState('inactive').sort((one, other) => one.lastSeenMs - other.lastSeenMs)[0];
    if (gone === undefined) throw new Problem('registry_full', { limit: NODES_MAX });
    this.#remove(gone);
  }

  #remove(node: KnownNode): void {
    this.#nodes.delete(node.id);
    this.#ordered = null;
    this.#unsaved.delete(node);
    this.#store.removeNode(node.id);
    this.#revision++;
  }

  /** Keeps the transition that was in force when the window began. */
  #trim(node: KnownNode, windowStartMs: number): void {
    const inForce = node.transitions.findLastIndex(({ atMs }) => atMs <= windowStartMs);
    const from = Math.max(inForce, node.transitions.length - TRANSITIONS_MAX, 0);
    if (from === 0) return;
    node.transitions = node.transitions.slice(from);
    this.#store.trimTransitions(node.id, node.transitions[0]?.atMs ?? 0);
  }
}

/** @throws never; a descriptor that reaches the registry has one of both */
export function addressOf({ endpoints }: NodeDescriptor): string {
  return endpoints.index ?? endpoints.dht ?? '';
}

function toStored(node: KnownNode) {
  const { id, signedDescriptor, sequence, report, presence, hasLeft, lastSeenMs } = node;
  return { id, signedDescriptor, sequence, report, state: presence.state, hasLeft, lastSeenMs };
}
