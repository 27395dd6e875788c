/**
 * One node of a network of copies: whom it takes for here or away, what it holds, and what it does for the contents that it takes
 * itself to own. It decides by the production rules (`src/records/repair.ts`, `release.ts`).
 */
import { type Copy, compareFrom, type Presence } from '../../../records/copies.ts';
import { releaseOf, type Verified } from '../../../records/release.ts';
import { type Asked, type ContentState, decide } from '../../../records/repair.ts';
import type { Random } from '../../../ring/effect.ts';
import type { Identifier } from '../../../ring/identifier.ts';

/** Between two looks at everything that a node owns. */
const LOOK_MS = 60_000;
/** Until a life that begins knows its place on the ring and what stands there: it claims no key before. */
const CLAIM_MS = 15_000;
/** A refusal is remembered so long. */
const REFUSED_MS = 10 * 60_000;
const AWAY: Presence = { type: 'away', sinceMs: Number.NEGATIVE_INFINITY };

export interface Content {
  readonly key: Identifier;
  readonly size: number;
  wanted: number;
}

/** What a node has of its world. */
export interface Surroundings {
  readonly now: number;
  readonly random: Random;
  readonly contents: readonly Content[];
  readonly capacityBytes: number;
  after(delayMs: number, happen: () => void): void;
  node(id: Identifier): CopyNode;
  lifeOf(node: CopyNode): number;
  isOpen(one: CopyNode, other: CopyNode): boolean;
  holdersKnownTo(reader: CopyNode, content: Content): CopyNode[];
  bring(node: CopyNode, content: Content): void;
  drop(node: CopyNode, content: Content): void;
}

export class CopyNode {
  readonly id: Identifier;
  readonly site: string | null;
  isOn = true;
  /** Its disk is gone for good. */
  isLost = false;
  /** What it has, own or kept for others, each since when. */
  readonly copies = new Map<Content, { readonly isOwn: boolean }>();
  readonly coming = new Set<Content>();
  /** Of the other members; of itself it knows. */
  readonly presences = new Map<CopyNode, Presence>();
  readonly #world: Surroundings;
  readonly #asked = new Map<Content, Map<CopyNode, number>>();
  readonly #refused = new Map<CopyNode, number>();

  constructor(id: Identifier, site: string | null, world: Surroundings) {
    this.id = id;
    this.site = site;
    this.#world = world;
  }

  /** A life begins: it takes everybody for away since now until it hears of them. */
  begin(): void {
    this.isOn = true;
    this.#asked.clear();
    this.#refused.clear();
    for (const node of this.presences.keys())
      this.presences.set(node, { type: 'away', sinceMs: this.#world.now });
    this.#lookAfter(CLAIM_MS + LOOK_MS * this.#world.random());
  }

  see(other: CopyNode, presence: Presence): void {
    if (this.isOn && this.presences.get(other)?.type !== presence.type) this.presences.set(other, presence);
  }

  presenceOf(other: CopyNode): Presence {
    if (other === this) return { type: 'here', sinceMs: Number.NEGATIVE_INFINITY };
    return this.presences.get(other) ?? AWAY;
  }

  /** Does this node take itself for the owner of the key? */
  owns(key: Identifier): boolean {
    for (const [other, { type }] of this.presences)
      if (type === 'here' && compareFrom(key, other.id, this.id) < 0) return false;
    return true;
  }

  /** Somebody asks it to keep a content. False: it has no room. */
  keep(content: Content): boolean {
    if (this.copies.has(content) || this.coming.has(content)) return true;
    if (this.roomBytes < content.size) return false;
    this.coming.add(content);
    this.#world.bring(this, content);
    return true;
  }

  get roomBytes(): number {
    let used = 0;
    for (const { size } of this.copies.keys()) used += size;
    for (const { size } of this.coming) used += size;
    return this.#world.capacityBytes - used;
  }

  /** Somebody tells it that its copy may be one too many: it asks those that it knows of for proof. */
  considerRelease(content: Content): void {
    const verified: Verified[] = this.#world.holdersKnownTo(this, content).flatMap((node) => {
      const copy = this.#world.isOpen(this, node) ? node.copies.get(content) : undefined;
      return copy === undefined ? [] : [{ ...node.asCopy(content), atMs: this.#world.now }];
    });
    // The proofs take a while: meanwhile others may let go as well.
    this.#world.after(5_000 * this.#world.random(), () => {
      if (!this.isOn || !this.copies.has(content)) return;
      const release = releaseOf(
        {
          key: content.key,
          self: this.asCopy(content),
          wanted: content.wanted,
          withdrawn: content.wanted === 0 ? 1 : 0,
          isInCustody: false,
          isStale: false,
          verified,
        },
        this.#world.now,
      );
      if (release !== null) this.#world.drop(this, content);
    });
  }

  asCopy(content: Content): Copy {
    return { node: this.id, site: this.site, isOwn: this.copies.get(content)?.isOwn ?? false };
  }

  #lookAfter(delayMs: number): void {
    const world = this.#world;
    const life = world.lifeOf(this);
    world.after(delayMs, () => {
      if (!this.isOn || world.lifeOf(this) !== life) return;
      for (const content of world.contents) if (this.owns(content.key)) this.#look(content);
      this.#lookAfter(LOOK_MS * (0.75 + world.random() / 2));
    });
  }

  #look(content: Content): void {
    const world = this.#world;
    const decision = decide(this.#stateOf(content), world.now);
    if (decision.type === 'drop') {
      const node = world.node(decision.node);
      if (world.isOpen(this, node)) node.considerRelease(content);
    }
    if (decision.type !== 'ask') return;
    for (const id of decision.nodes) this.#ask(world.node(id), content);
  }

  #ask(node: CopyNode, content: Content): void {
    const world = this.#world;
    const asked = this.#asked.get(content) ?? new Map<CopyNode, number>();
    this.#asked.set(content, asked.set(node, world.now));
    if (!world.isOpen(this, node)) return;
    if (node.keep(content)) return;
    asked.delete(node);
    this.#refused.set(node, world.now);
  }

  #stateOf(content: Content): ContentState {
    const world = this.#world;
    const holders = world.holdersKnownTo(this, content).map((node) => ({
      ...node.asCopy(content),
      presence: this.presenceOf(node),
    }));
    const asked: Asked[] = [...(this.#asked.get(content) ?? [])].map(([node, sinceMs]) => ({
      node: node.id,
      // A download that goes on says so.
      sinceMs: node.coming.has(content) && world.isOpen(this, node) ? world.now : sinceMs,
    }));
    return {
      key: content.key,
      wanted: content.wanted,
      size: content.size,
      holders,
      asked,
      candidates: this.#candidates(),
    };
  }

  #candidates() {
    const { now } = this.#world;
    return [this, ...this.presences.keys()]
      .filter((node) => this.presenceOf(node).type === 'here')
      .map((node) => {
        const isRefused = now - (this.#refused.get(node) ?? Number.NEGATIVE_INFINITY) < REFUSED_MS;
        return { node: node.id, site: node.site, roomBytes: isRefused ? 0 : Number.MAX_SAFE_INTEGER };
      });
  }
}
