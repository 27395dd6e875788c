/**
 * A member whose whole list is gone has no place in the ring. It asks everybody it knows; joins again by the first member
 * that answers; and is a ring of one when nobody is left, for the last node of a network must still serve. Of several that find
 * only one another the lowest makes the ring: two that made one each would each answer for keys that the other has.
 */
import { beginDoubt, endDoubt } from './doubt.ts';
import { create, JOIN_TIMER, walkFrom } from './join.ts';
import type { Contact } from './message.ts';
import { emit, jittered, post, send, setTimer, type Turn } from './turn.ts';

export function becomeOrphan(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'member') return;
  state.phase = 'orphan';
  state.predecessor = null;
  state.waitingNotifier = null;
  state.stabilizeRequestId = 0;
  state.orphanRound = 0;
  endDoubt(turn);
  emit(turn, { type: 'orphaned' });
  post(turn, { type: 'neighboursChanged' });
  askEverybody(turn);
}

/** One round: everybody known is asked at once. */
export function askEverybody(turn: Turn): void {
  const { state } = turn;
  if (state.phase !== 'orphan' || state.joinRequestId !== 0) return;
  const known = knownContacts(turn);
  state.orphanRound++;
  state.orphanHeard = false;
  state.orphanMet = false;
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
  if (joined === true) state.orphanMet = true;
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
  if (state.orphanRound >= rounds && !state.orphanMet) {
    create(turn);
    // The others have yet to join, with what they know: until then nothing is owned.
    beginDoubt(turn, 'joined', state.orphansHeard);
    return;
  }
  // Others without a place: one of them may find a member, or become the ring that this node joins.
  setTimer(turn, JOIN_TIMER, jittered(turn, orphanRetryMs));
}

/** Those alive first, then the dead last heard of, then seeds. */
function knownContacts(turn: Turn): Contact[] {
  const { state } = turn;
  const members = [...state.members.values()].filter((member) => member.health !== 'left');
  members.sort((a, b) => b.answeredAt - a.answeredAt);
  const known = members.slice(0, state.parameters.orphanContactsMax).map((member) => member.contact);
  for (const seed of state.seeds) {
    if (known.length >= state.parameters.orphanContactsMax) break;
    if (!state.members.has(seed.id)) known.push(seed);
  }
  return known;
}
