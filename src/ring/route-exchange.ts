/**
 * Keeping the routing table whole, up to `routesMax` nodes: tables are compared with a member chosen by chance, digests of 16 groups
 * first, then of the pages of one that differs, then the marks of one page; only what differs travels. Changes come sooner by
 * route-changes.ts; this brings a new node its table, and what was missed.
 */
import { contactMark } from './digest.ts';
import { isUsable } from './members.ts';
import type { Contact, RingReply } from './message.ts';
import type { Pending } from './pending.ts';
import { doubtRoute } from './route-doubts.ts';
import { GROUPS, PAGES, pageOf, pagePrefix, ROUTES_TIMER, type RouteTable } from './route-table.ts';
import { learnRoute, positionOf, thinOut } from './routes.ts';
import { estimatedSize, type RingState } from './state.ts';
import { answer, jittered, send, setTimer, setTimerBy, type Turn } from './turn.ts';

/** After a join: the ring around comes first. */
const FIRST_MS = 10_000;
const PAGES_OF_GROUP = PAGES / GROUPS;
/** A new table is filled when a comparison of all finds no more pages than these that differ. */
const FEW_PAGES = 8;
/** Or after so many: where all began together each doubles what is known. */
const FILLING_COMPARISONS = 8;
/** Beyond `routesMax` by this factor the ring is too large for a whole table; stale entries count too. */
const TOO_LARGE = 1.1;

export function startRoutes(turn: Turn): void {
  setTimer(turn, ROUTES_TIMER, jittered(turn, FIRST_MS));
}

export function onRoutesTimer(turn: Turn): void {
  const { state } = turn;
  const { table, parameters } = state;
  if (state.phase !== 'member') return;
  settleMode(state);
  setTimer(turn, ROUTES_TIMER, jittered(turn, parameters.routesIntervalMs));
  if (table.mode !== 'whole') return;
  if (table.partner === null) begin(turn);
  if (table.partner === null) return;
  const page = table.pages.shift();
  if (page === undefined) compare(turn, table.partner);
  else askForPage(turn, table.partner, page);
}

/** By the estimated size, with room between the thresholds, for an estimate wavers. */
export function settleMode(state: RingState): void {
  const { table, routes, parameters } = state;
  const { membersMax, routesMax } = parameters;
  const size = table.isFilled ? routes.length + 1 : estimatedSize(state);
  if (routesMax > 0 && routes.length >= routesMax * TOO_LARGE) table.isTooLarge = true;
  else if (size < routesMax / 2) table.isTooLarge = false;
  const gossipMax = table.mode === 'all' ? membersMax / 2 : membersMax / 4;
  const isNone = routesMax === 0;
  const next = isNone
    ? 'part'
    : size <= gossipMax
      ? 'all'
      : !table.isTooLarge && size <= 2 * routesMax
        ? 'whole'
        : 'part';
  if (next === table.mode) return;
  table.mode = next;
  table.digests = next === 'whole' ? digestsOf(state) : null;
  table.heard.clear();
  if (next === 'part') thinOut(state, state.lastStepAt);
  table.isFilled = false;
  table.comparisons = 0;
  end(table);
}

/** The table as it is when everybody is known: for rings that a simulator starts in that state. */
export function fillIdealRoutes(state: RingState, sorted: readonly Contact[]): void {
  const { routes, table, self } = state;
  routes.length = 0;
  for (const contact of sorted) if (contact.id !== self.id) routes.push(contact);
  table.mode = 'whole';
  table.isFilled = true;
  table.announced = state.predecessor;
  table.digests = digestsOf(state);
}

export function digestsOf({ routes, self }: RingState): Uint32Array {
  const digests = new Uint32Array(PAGES);
  for (const contact of [self, ...routes]) {
    const page = pageOf(contact.id);
    digests[page] = ((digests[page] as number) ^ contactMark(contact)) >>> 0;
  }
  return digests;
}

/** The digest of a group is that of its pages' digests, by their order. */
function groupDigests(digests: Uint32Array): number[] {
  return Array.from({ length: GROUPS }, (_, group) => {
    let digest = 0;
    for (let i = 0; i < PAGES_OF_GROUP; i++)
      digest = Math.imul(digest ^ (digests[group * PAGES_OF_GROUP + i] as number), 0x01000193) + i;
    return digest >>> 0;
  });
}

function pageDigests(digests: Uint32Array, group: number): number[] {
  return [...digests.subarray(group * PAGES_OF_GROUP, (group + 1) * PAGES_OF_GROUP)];
}

function begin(turn: Turn): void {
  const { table, routes, parameters } = turn.state;
  const partner = routes[Math.floor(turn.random() * routes.length)] ?? null;
  if (partner === null || !isUsable(turn.state, partner)) return;
  table.partner = partner;
  table.group = Math.floor(turn.random() * GROUPS);
  table.groupsLeft = GROUPS;
  table.pagesLeft = table.isFilled && !table.isBehind ? parameters.routesPagesPerRound : PAGES;
  table.isBehind = false;
}

function end(table: RouteTable): void {
  table.partner = null;
  table.pages = [];
}

/** One that was to be of all pages still is. */
function giveUp({ table, parameters }: RingState): void {
  if (table.isFilled && table.pagesLeft > parameters.routesPagesPerRound) table.isBehind = true;
  end(table);
}

function compare(turn: Turn, partner: Contact): void {
  const { table, parameters } = turn.state;
  if (table.digests === null) return;
  const request = { type: 'routes', from: table.group, digests: groupDigests(table.digests) } as const;
  send(turn, partner, request, parameters.requestTimeoutMs, { type: 'compareRoutes' });
}

function askForPage(turn: Turn, partner: Contact, page: number): void {
  const { state } = turn;
  state.table.pagesLeft--;
  const marks = entriesOf(state, page).map(contactMark);
  const request = { type: 'routePage', page, marks } as const;
  send(turn, partner, request, state.parameters.requestTimeoutMs, { type: 'routePage', page });
}

/** What the table has of a page, this node itself too. */
function entriesOf({ routes, self, parameters }: RingState, page: number): Contact[] {
  const from = positionOf(routes, pagePrefix(page));
  const to = page + 1 < PAGES ? positionOf(routes, pagePrefix(page + 1)) : routes.length;
  const entries = routes.slice(from, Math.min(to, from + parameters.routesPageMax - 1));
  if (pageOf(self.id) === page) entries.push(self);
  return entries;
}

export function onCompareRoutes(turn: Turn, token: number, from: number, theirs: readonly number[]): void {
  const { table } = turn.state;
  const own = table.digests === null ? null : groupDigests(table.digests);
  for (let i = 0; own !== null && table.digests !== null && i < GROUPS; i++) {
    const group = (from + i) % GROUPS;
    if (own[group] === theirs[group]) continue;
    answer(turn, token, { type: 'routes', group, digests: pageDigests(table.digests, group) });
    return;
  }
  answer(turn, token, { type: 'routes', group: GROUPS, digests: [] });
}

export function onRoutePage(turn: Turn, token: number, page: number, marks: readonly number[]): void {
  const { state } = turn;
  const { table, parameters } = state;
  const theirs = new Set(marks);
  const entries = table.mode === 'part' ? [] : entriesOf(state, page);
  const contacts = entries.filter((contact) => !theirs.has(contactMark(contact)));
  // A table that is being filled says nothing by what it lacks.
  const own = new Set(entries.map(contactMark));
  const unknown = table.isFilled ? marks.filter((mark) => !own.has(mark)) : [];
  answer(turn, token, { type: 'routePage', contacts: contacts.slice(0, parameters.routesPageMax), unknown });
}

export function onRoutesCompared(turn: Turn, pending: Pending, reply: RingReply | null): void {
  const { state } = turn;
  const { table } = state;
  if (table.partner?.id !== pending.to.id) return;
  if (reply?.type !== 'routes' || table.digests === null) {
    giveUp(state);
    return;
  }
  const steps = reply.group >= GROUPS ? GROUPS : ((reply.group - table.group + GROUPS) % GROUPS) + 1;
  table.groupsLeft -= steps;
  if (steps < GROUPS || reply.group < GROUPS) takePages(table, table.digests, reply.group, reply.digests);
  table.group = (table.group + steps) % GROUPS;
  goOn(turn);
}

function takePages(table: RouteTable, digests: Uint32Array, group: number, theirs: readonly number[]): void {
  for (let i = 0; i < PAGES_OF_GROUP && table.pages.length < table.pagesLeft; i++) {
    const page = group * PAGES_OF_GROUP + i;
    if (digests[page] !== theirs[i]) table.pages.push(page);
  }
}

/** The next page, the next group, or rest. */
function goOn(turn: Turn): void {
  const { state } = turn;
  const { table, parameters } = state;
  if (table.pages.length === 0 && (table.groupsLeft <= 0 || table.pagesLeft <= 0)) {
    end(table);
    table.comparisons++;
    // Two that both joined just now differ in few pages as well.
    const mayBeAll = PAGES - table.pagesLeft <= FEW_PAGES && 2 * state.routes.length >= estimatedSize(state);
    if (mayBeAll || table.comparisons >= FILLING_COMPARISONS) table.isFilled = true;
    if (table.isFilled) return;
  }
  setTimerBy(turn, ROUTES_TIMER, jittered(turn, parameters.routesPageMs));
}

export function onPageAnswered(turn: Turn, pending: Pending, page: number, reply: RingReply | null): void {
  const { state } = turn;
  const { table } = state;
  if (reply?.type !== 'routePage') {
    if (table.partner?.id === pending.to.id) giveUp(state);
    return;
  }
  for (const contact of reply.contacts)
    if (pageOf(contact.id) === page && isUsable(state, contact)) learnRoute(turn, contact);
  const unknown = new Set(reply.unknown);
  for (const contact of unknown.size > 0 ? entriesOf(state, page) : []) {
    // It may be dead, or have joined just now.
    if (contact.id !== state.self.id && unknown.has(contactMark(contact))) doubtRoute(turn, contact, 0);
  }
  goOn(turn);
}
