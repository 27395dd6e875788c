/**
 * A member whose whole list is gone has no place in the ring. It asks everybody it knows; joins again by the first member
 * that answers; and is a ring of one when nobody is left, for the last node of a network must still serve. Of several that find
 * only one another the lowest makes the ring: two that made one each would each answer for keys that the other has.
 * Where no member knows who stands behind it, for their lists are no longer than its own was, it takes the nearest member after it
 * for its head, and stabilises from there: in doubt, so that it owns nothing until that head has it for its predecessor.
 */
import { beginDoubt, endDoubt } from './doubt.ts';
import { nextIdentifier } from './identifier.ts';
import { isBetweenOpenOpen } from './interval.ts';
import { create, JOIN_TIMER, takePlaceBefore, walkFrom } from './join.ts';
import { isUsable } from './members.ts';
import type { Contact } from './message.ts';
import { routeFrom } from './routes.ts';
import type { RingState } from './state.ts';
import { emit, jittered, post, send, setTimer, type Turn } from './turn.ts';

/** Half of them may be dead too. */
const NEXT_ROUTES = 8;

export function becomeOrphan(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'member') return;
  state.phase = 'orphan';
  state.predecessor = null;
  state.waitingNotifier = null;
  state.stabilizeRequestId = 0;
  state.orphanRound = 0;
  state.orphanHead = null;
  endDoubt(turn);
  emit(turn, { type: 'orphaned' });
  post(turn, { type: 'neighboursChanged' });
  askEverybody(turn);
}

/** One round: everybody known is asked at once. */
export function askEverybody(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'orphan' || state.joinRequestId !== 0) return;
  if (state.orphanHead !== null && state.orphanRound >= state.parameters.orphanRounds) {
    takePlaceBefore(turn, state.orphanHead);
    return;
  }
  const known = knownContacts(turn);
  state.orphanRound++;
  state.orphanHeard = false;
  state.orphanHead = null;
  state.orphansHeard = [];
  state.orphanWaiting = known.length;
  if (known.length === 0) {
    create(turn);
    return;
  }
  const purpose = { type: 'orphanProbe', round: state.orphanRound } as const;
  for (const contact of known)
    send(turn, contact, { type: 'ping' }, state.parameters.probeTimeoutMs, purpose);
}

/** `joined` is null when there was no answer. */
export function onOrphanProbe(turn: Turn, from: Contact, round: number, joined: boolean | null): void {
  const { state } = turn;
  if (state.phase !== 'orphan' || round !== state.orphanRound) return;
  state.orphanWaiting--;
  if (joined !== null) state.orphanHeard = true;
  if (joined === true) noteMember(state, from);
  if (joined === false) state.orphansHeard.push(from);
  if (joined === true && state.joinRequestId === 0) {
    walkFrom(turn, from);
    return;
  }
  if (state.orphanWaiting > 0 || state.joinRequestId !== 0) return;
  if (!state.orphanHeard) {
    create(turn);
    return;
  }
  const { orphanRounds, orphanRoundsMax, orphanRetryMs } = state.parameters;
  const isLowest = state.orphansHeard.every(({ id }) => state.self.id < id);
  const rounds = isLowest ? orphanRounds : orphanRoundsMax;
  // Where a member answered there is a ring, and it is joined, however often that is tried.
  if (state.orphanRound >= rounds && state.orphanHead === null) {
    create(turn);
    // The others have yet to join, with what they know: until then nothing is owned.
    beginDoubt(turn, 'joined', state.orphansHeard);
    return;
  }
  // Others without a place: one of them may find a member, or become the ring that this node joins.
  setTimer(turn, JOIN_TIMER, jittered(turn, orphanRetryMs));
}

/** It stands next after this node, of those that answered in this round. */
function noteMember(state: RingState, contact: Contact): void {
  if (state.orphanHead === null || isBetweenOpenOpen(state.self.id, contact.id, state.orphanHead.id))
    state.orphanHead = contact;
}

/** Some that stand next; of the others those alive first, then the dead last heard of, then seeds. */
function knownContacts(turn: Turn): Contact[] {
  const { state } = turn;
  const members = [...state.members.values()].filter((member) => member.health !== 'left');
  members.sort((a, b) => b.answeredAt - a.answeredAt);
  const known = nextRoutes(state);
  for (const { contact } of members) {
    if (known.length >= state.parameters.orphanContactsMax) break;
    if (!known.some(({ id }) => id === contact.id)) known.push(contact);
  }
  for (const seed of state.seeds) {
    if (known.length >= state.parameters.orphanContactsMax) break;
    if (!state.members.has(seed.id)) known.push(seed);
  }
  return known;
}

function nextRoutes(state: RingState): Contact[] {
  const next: Contact[] = [];
  let last = state.self;
  while (next.length < NEXT_ROUTES) {
    const contact = routeFrom(state, nextIdentifier(last.id), (route) => isUsable(state, route));
    if (contact === null || next.some(({ id }) => id === contact.id)) break;
    next.push(contact);
    last = contact;
  }
  return next;
}
