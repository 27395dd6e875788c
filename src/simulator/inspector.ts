/**
 * Watches a run with every checker. After each event that changed a member's neighbours, or the set of members, all of
 * Zave's invariants are asked; in large runs after every so many changes (docs/ring.md, What must hold).
 */
import type { Input, RingEvent } from '../ring/effect.ts';
import type { Identifier } from '../ring/identifier.ts';
import type { Contact } from '../ring/message.ts';
import { Assumptions } from './assumptions.ts';
import { atLeastOneRing } from './checkers/at-least-one-ring.ts';
import { atMostOneRing } from './checkers/at-most-one-ring.ts';
import { connectedAppendages } from './checkers/connected-appendages.ts';
import { ideal } from './checkers/ideal.ts';
import { LossOfPrincipals, lossOfPrincipals, whoSkips } from './checkers/loss-of-principals.ts';
import { noDuplicates } from './checkers/no-duplicates.ts';
import { oneLiveSuccessor } from './checkers/one-live-successor.ts';
import { orderedLists } from './checkers/ordered-lists.ts';
import { orderedRing } from './checkers/ordered-ring.ts';
import { claimsAreApart } from './checkers/owner-agreement.ts';
import { principalsOf } from './checkers/principals.ts';
import { principalsInRing } from './checkers/principals-in-ring.ts';
import { type FlyingList, isSame, nameOf, type Place, RingView } from './checkers/ring-view.ts';
import { ringsOf } from './checkers/rings.ts';
import { countOf, leastPrincipals, sufficientPrincipals } from './checkers/sufficient-principals.ts';
import { placeOf } from './live-ring.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** Up to so many nodes every change is checked at once. */
const EVERY_CHANGE_UP_TO = 200;
/** Two may claim one key for the time that words need to pass among three neighbours; longer is wrong. */
const OVERLAP_MAX_MS = 1_000;

export interface Found {
  /** The property's name, as in docs/ring.md, What must hold. */
  readonly property: string;
  readonly atMs: number;
  readonly detail: string;
}

export class Inspector implements Witness<SimulatedNode> {
  /** The first of each property. */
  readonly violations: Found[] = [];
  readonly assumptions = new Assumptions();
  /** False where the drawn faults give nobody a reason to take a live node for dead. */
  mayMisjudge = true;
  /** Times that two members claimed one key, and how long in all; the longest of them. */
  readonly overlaps = { count: 0, totalMs: 0, longestMs: 0 };
  /** Live nodes declared dead by somebody's own probes. */
  falseDeaths = 0;
  orphans = 0;
  checks = 0;
  readonly #world: World;
  readonly #places = new Map<SimulatedNode, Place>();
  /** By identifier, the life that runs. */
  readonly #running = new Map<Identifier, SimulatedNode>();
  readonly #loss = new LossOfPrincipals();
  #view: RingView | null = null;
  #changes = 0;
  #overlapSince: number | null = null;
  /** A member failed since the last check: what follows from that is its doing. */
  #failed: Contact | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  /** The members now. To be read and not kept. */
  get view(): RingView {
    this.#view ??= new RingView([...this.#places.values()]);
    return this.#view;
  }

  /** Nodes that run and are no members: they join, leave or lost their place. */
  get outsiders(): number {
    return this.#running.size - this.#places.size;
  }

  get isIdeal(): boolean {
    return this.outsiders === 0 && ideal(this.view) === null;
  }

  /** From here on the invariants must hold, if the ring is ideal and large enough. Returns whether it is. */
  assume(): boolean {
    if (this.assumptions.hold) return true;
    const { view } = this;
    const isLargeEnough = view.places.length >= leastPrincipals(view);
    if (!this.isIdeal || !isLargeEnough) return false;
    this.#loss.lost(view, principalsOf(view));
    this.assumptions.begin();
    return true;
  }

  started(node: SimulatedNode): void {
    this.#running.set(node.contact.id, node);
  }

  ended(node: SimulatedNode): void {
    if (this.#running.get(node.contact.id) === node) this.#running.delete(node.contact.id);
    if (this.#places.has(node)) this.#lose(node);
  }

  stepped(node: SimulatedNode, _input: Input): void {
    const { state } = node;
    const place = this.#places.get(node);
    if (state.phase !== 'member' || !node.isRunning) {
      if (place !== undefined) this.#lose(node);
      return;
    }
    if (place === undefined) {
      this.#places.set(node, placeOf(node));
      this.#view = null;
      this.#changed(node);
      return;
    }
    const inDoubt = state.doubt !== null;
    if (place.successors === state.successors && place.predecessor === state.predecessor) {
      if (place.inDoubt === inDoubt) return;
      place.inDoubt = inDoubt;
      if (this.#places.size <= EVERY_CHANGE_UP_TO) this.#compareClaims();
      return;
    }
    Object.assign(place, placeOf(node));
    this.#view?.listsChanged();
    this.#changed(node);
  }

  told(node: SimulatedNode, event: RingEvent): void {
    if (event.type === 'orphaned') this.orphans++;
    else if (event.type === 'dead') this.#onDeclaredDead(node, event.contact);
  }

  /** All of it, now. */
  check(): void {
    this.#changes = 0;
    this.checks++;
    const view = this.#viewWithFlying();
    const rings = ringsOf(view);
    const principals = principalsOf(view);
    const lost = this.#loss.lost(view, principals);
    this.#compareClaims();
    const failed = this.#failed;
    this.#failed = null;
    if (!this.assumptions.hold) return;
    if (failed !== null && this.#failureBreaks(view, principals, failed)) return;
    for (const contact of lost) if (this.#isMisjudged(contact)) return;
    const skipped = lost.map((contact) => `, by ${nameOf(whoSkips(view, contact))}`)[0] ?? '';
    this.#judge('one live successor', oneLiveSuccessor(view));
    this.#judge('sufficient principals', sufficientPrincipals(view, principals));
    this.#judge('loss of principals', lost.length === 0 ? null : lossOfPrincipals(lost) + skipped);
    this.#judge('at least one ring', atLeastOneRing(view, rings));
    this.#judge('at most one ring', atMostOneRing(view, rings));
    this.#judge('ordered ring', orderedRing(view, rings));
    this.#judge('connected appendages', connectedAppendages(view, rings));
    this.#judge('principals in ring', principalsInRing(view, rings, principals));
  }

  report(property: string, detail: string): void {
    if (this.violations.some((found) => found.property === property)) return;
    this.violations.push({ property, atMs: this.#world.schedule.now, detail });
  }

  get principals(): number {
    return countOf(principalsOf(this.#viewWithFlying()));
  }

  #changed(node: SimulatedNode): void {
    const place = this.#places.get(node);
    if (place !== undefined) {
      this.#reportWrong('no duplicates', noDuplicates(place));
      this.#reportWrong('ordered lists', orderedLists(place));
    }
    const size = this.#places.size;
    if (++this.#changes >= (size <= EVERY_CHANGE_UP_TO ? 1 : size / 4)) this.check();
  }

  /** It failed, left, or lost its place. */
  #lose(node: SimulatedNode): void {
    this.#places.delete(node);
    this.#view = null;
    this.#failed = node.contact;
    this.#changed(node);
  }

  #onDeclaredDead(node: SimulatedNode, contact: Contact): void {
    const other = this.#running.get(contact.id);
    if (other === undefined || !isSame(other.contact, contact)) return;
    if (other.state.phase === 'leaving' || other.state.phase === 'left') return;
    this.falseDeaths++;
    const why = `${nameOf(node.contact)} took ${nameOf(contact)} for dead, which lives`;
    if (!this.mayMisjudge) this.report('no false death', why);
    this.assumptions.end(this.#world.schedule.now, why);
  }

  /** The proof lets nobody fail whose death leaves a member without live successor, or too few principals. */
  #failureBreaks(view: RingView, principals: Uint8Array, failed: Contact): boolean {
    const wrong = oneLiveSuccessor(view) ?? sufficientPrincipals(view, principals);
    if (wrong === null) return false;
    this.assumptions.end(this.#world.schedule.now, `${nameOf(failed)} failed: ${wrong}`);
    return true;
  }

  /** Somebody holds a live node for dead by its own probes: detection was wrong, and the proof says nothing. */
  #isMisjudged(contact: Contact): boolean {
    for (const node of this.#places.keys()) {
      const member = node.state.members.get(contact.id);
      if (member === undefined || !isSame(member.contact, contact)) continue;
      const isDead = member.health === 'dead' && member.lastProbeAt !== Number.NEGATIVE_INFINITY;
      if (!isDead) continue;
      this.assumptions.end(
        this.#world.schedule.now,
        `${nameOf(node.contact)} holds ${nameOf(contact)} for dead, which lives`,
      );
      return true;
    }
    return false;
  }

  #judge(property: string, wrong: string | null): void {
    if (this.assumptions.hold) this.#reportWrong(property, wrong);
  }

  #reportWrong(property: string, wrong: string | null): void {
    if (wrong !== null) this.report(property, wrong);
  }

  #compareClaims(): void {
    const now = this.#world.schedule.now;
    const wrong = claimsAreApart(this.view);
    const overlap = wrong !== null;
    if (this.#overlapSince !== null && now - this.#overlapSince > OVERLAP_MAX_MS)
      this.#judge('one claim on a key', wrong);
    if (overlap && this.#overlapSince === null) {
      this.#overlapSince = now;
      this.overlaps.count++;
    } else if (!overlap && this.#overlapSince !== null) {
      const lastedMs = now - this.#overlapSince;
      this.#overlapSince = null;
      this.overlaps.totalMs += lastedMs;
      this.overlaps.longestMs = Math.max(this.overlaps.longestMs, lastedMs);
    }
  }

  #viewWithFlying(): RingView {
    const flying: FlyingList[] = [];
    for (const { from, reply } of this.#world.inFlight())
      if ((reply?.type === 'neighbours' || reply?.type === 'bestPredecessor') && reply.successors.length > 0)
        flying.push({ from, successors: reply.successors });
    const { view } = this;
    view.flying = flying;
    return view;
  }
}
