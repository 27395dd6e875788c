/**
 * A network in which files are copied, without bytes: copies are facts, and every node sees them late. Detection, records and
 * downloads take random time; who owns a key is what each node takes for it, so two may at once.
 */
import { compareFrom } from '../../../records/copies.ts';
import type { Random } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';
import { randomIdentifier, sample, seededRandom } from '../../random.ts';
import { Schedule } from '../../schedule.ts';
import { type Content, CopyNode, type Surroundings } from './copy-node.ts';

/** From an end or a return to its being seen, at most; each node sees it at a moment of its own. */
const SEEN_MAX_MS = 10_000;
/** From a copy's coming or going to its record's being read by the key's owner, at most. */
const RECORD_MAX_MS = 30_000;
const DOWNLOAD_MAX_MS = 120_000;

export interface CopyWorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly contents: number;
  readonly wanted?: number;
  readonly capacityBytes?: number;
  /** Labels, dealt out in turn. */
  readonly sites?: readonly string[];
}

/** What is known of one copy: when it came, and when it went. */
interface Fact {
  readonly fromMs: number;
  toMs: number;
}

export class CopyWorld implements Surroundings {
  readonly random: Random;
  readonly capacityBytes: number;
  readonly contents: Content[] = [];
  readonly nodes: CopyNode[] = [];
  /** Copies made since the beginning, and copies let go of. */
  made = 0;
  dropped = 0;
  /** Contents of which there was a moment without a copy on any disk. */
  readonly lost = new Set<Content>();
  readonly #schedule = new Schedule();
  readonly #sites: readonly string[];
  readonly #facts = new Map<Content, Map<CopyNode, Fact>>();
  readonly #byId = new Map<Identifier, CopyNode>();
  readonly #lives = new Map<CopyNode, number>();
  /** When two last could talk, where they cannot now. */
  readonly #apart = new Map<CopyNode, Map<CopyNode, number>>();
  #parts: ReadonlySet<CopyNode> | null = null;

  constructor({ seed, nodes, contents, wanted = 2, capacityBytes = 1e12, sites = [] }: CopyWorldOptions) {
    this.random = seededRandom(seed);
    this.capacityBytes = capacityBytes;
    this.#sites = sites;
    for (let i = 0; i < nodes; i++) this.join();
    for (let i = 0; i < contents; i++) {
      const content = { key: randomIdentifier(this.random), size: 1, wanted };
      this.contents.push(content);
      const [publisher] = sample(this.random, this.nodes, 1);
      if (publisher !== undefined) this.#hold(publisher, content, true);
    }
  }

  get now(): number {
    return this.#schedule.now;
  }

  after(delayMs: number, happen: () => void): void {
    this.#schedule.after(delayMs, { happen });
  }

  run(forMs: number): void {
    this.#schedule.runUntil(this.now + forMs);
  }

  node(id: Identifier): CopyNode {
    const node = this.#byId.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  lifeOf(node: CopyNode): number {
    return this.#lives.get(node) ?? 0;
  }

  /** A new node, seen by all. */
  join(): CopyNode {
    const site = this.#sites[this.nodes.length % this.#sites.length] ?? null;
    const node = new CopyNode(randomIdentifier(this.random), site, this);
    for (const other of this.nodes) {
      node.presences.set(other, { type: 'away', sinceMs: this.now });
      other.presences.set(node, { type: 'away', sinceMs: this.now });
    }
    this.nodes.push(node);
    this.#byId.set(node.id, node);
    this.#start(node);
    return node;
  }

  /** Without a word; its disk stays. */
  stop(node: CopyNode): void {
    this.#end(node);
    for (const other of this.nodes) if (other !== node) this.#seeSoon(other, node);
  }

  /** Without a word, for good. */
  destroy(node: CopyNode): void {
    this.stop(node);
    node.isLost = true;
    for (const content of node.copies.keys()) if (this.copiesOf(content).length === 0) this.lost.add(content);
  }

  /** It says to everybody that it goes. */
  leave(node: CopyNode): void {
    this.#end(node);
    for (const other of this.nodes) if (this.#isConnected(other, node)) other.see(node, { type: 'left' });
  }

  start(node: CopyNode): void {
    if (!node.isOn) this.#start(node);
  }

  /** From now on these and the others cannot talk; null: everybody can. */
  part(side: ReadonlySet<CopyNode> | null): void {
    for (const one of this.nodes) for (const other of this.nodes) this.#note(one, other);
    this.#parts = side;
    for (const one of this.nodes)
      for (const other of this.nodes) if (one !== other) this.#seeSoon(one, other);
  }

  /** Both are on, and nothing parts them. */
  isOpen(one: CopyNode, other: CopyNode): boolean {
    return one.isOn && other.isOn && this.#isConnected(one, other);
  }

  /** Of whom `reader` has read a record: what was so when the two could last talk, less what is too new. */
  holdersKnownTo(reader: CopyNode, content: Content): CopyNode[] {
    const known: CopyNode[] = [];
    for (const [holder, { fromMs, toMs }] of this.#facts.get(content) ?? []) {
      const untilMs =
        holder === reader
          ? this.now
          : this.#lastOpenMs(reader, holder) - this.#lagMs(reader, holder, content);
      if (fromMs <= untilMs && toMs > untilMs) known.push(holder);
    }
    return known;
  }

  /** A download, from whoever it can reach; it comes to nothing when nobody is left to give the rest. */
  bring(node: CopyNode, content: Content): void {
    const life = this.lifeOf(node);
    this.after(this.random() * DOWNLOAD_MAX_MS, () => {
      node.coming.delete(content);
      const isWhole = this.copiesOf(content).some((source) => this.isOpen(node, source));
      if (!node.isOn || this.lifeOf(node) !== life || !isWhole) return;
      this.made++;
      this.#hold(node, content, false);
    });
  }

  drop(node: CopyNode, content: Content): void {
    node.copies.delete(content);
    this.dropped++;
    const fact = this.#facts.get(content)?.get(node);
    if (fact !== undefined) fact.toMs = this.now;
    if (this.copiesOf(content).length === 0) this.lost.add(content);
  }

  /** Nodes that have it on a disk that is not lost. */
  copiesOf(content: Content): CopyNode[] {
    return this.nodes.filter((node) => !node.isLost && node.copies.has(content));
  }

  /** Nodes that have it and are on. */
  liveCopiesOf(content: Content): CopyNode[] {
    return this.nodes.filter((node) => node.isOn && node.copies.has(content));
  }

  /** Contents with another number of live copies than wanted: how many of each number. */
  census(): Record<number, number> {
    const census: Record<number, number> = {};
    for (const content of this.contents) {
      const count = this.liveCopiesOf(content).length;
      census[count] = (census[count] ?? 0) + 1;
    }
    return census;
  }

  /** The node that owns most keys. */
  mainOwner(): CopyNode {
    const counts = new Map<CopyNode, number>();
    for (const { key } of this.contents) {
      const [owner] = this.nodes.toSorted((left, right) => compareFrom(key, left.id, right.id));
      if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    const [first] = [...counts].sort(([, left], [, right]) => right - left);
    if (first === undefined) throw new Error('nobody owns anything');
    return first[0];
  }

  #start(node: CopyNode): void {
    this.#lives.set(node, this.lifeOf(node) + 1);
    node.begin();
    for (const other of this.nodes) {
      if (other === node) continue;
      this.#seeSoon(node, other);
      this.#seeSoon(other, node);
    }
  }

  #end(node: CopyNode): void {
    for (const other of this.nodes) this.#note(node, other);
    node.isOn = false;
    node.coming.clear();
  }

  #hold(node: CopyNode, content: Content, isOwn: boolean): void {
    node.copies.set(content, { isOwn });
    const facts = this.#facts.get(content) ?? new Map<CopyNode, Fact>();
    facts.set(node, { fromMs: this.now, toMs: Number.POSITIVE_INFINITY });
    this.#facts.set(content, facts);
  }

  /** `watcher` sees before long what has become of `other`, if it is so still. */
  #seeSoon(watcher: CopyNode, other: CopyNode): void {
    this.after(this.random() * SEEN_MAX_MS, () => {
      const type = this.isOpen(watcher, other) ? 'here' : 'away';
      if (type === 'away' && watcher.presenceOf(other).type === 'left') return;
      watcher.see(other, { type, sinceMs: this.now });
    });
  }

  #isConnected(one: CopyNode, other: CopyNode): boolean {
    return this.#parts === null || this.#parts.has(one) === this.#parts.has(other);
  }

  #lastOpenMs(one: CopyNode, other: CopyNode): number {
    if (this.isOpen(one, other)) return this.now;
    return this.#apart.get(one)?.get(other) ?? 0;
  }

  /** These two can talk no more, or will not in a moment. */
  #note(one: CopyNode, other: CopyNode): void {
    if (!this.isOpen(one, other)) return;
    for (const [left, right] of [
      [one, other],
      [other, one],
    ] as const) {
      const times = this.#apart.get(left) ?? new Map<CopyNode, number>();
      this.#apart.set(left, times.set(right, this.now));
    }
  }

  /** The same for the same three. */
  #lagMs(reader: CopyNode, holder: CopyNode, { key }: Content): number {
    const mixed = [reader.id, holder.id, key].reduce(
      (sum, id) => sum + Number.parseInt(id.slice(0, 8), 16),
      0,
    );
    return (mixed % 1_000) * (RECORD_MAX_MS / 1_000);
  }
}
