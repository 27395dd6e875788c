/**
 * The merge probe (docs/ring.md, Merge). Two rings that are each whole are stable, and so is one that winds twice: no question to a
 * neighbour shows it. So a node now and then asks one that is none of its neighbours for the first node after itself. An answer
 * before its head is a candidate for head like any other; from there rings are closed up like a zip, node by node: who gets a
 * nearer head tells that one of the head before. After the return of one thought dead every round asks for a while. Not so after other
 * changes, as others do: while nodes come and go all the time that was half of a ring's traffic, and found nothing.
 */
import { nextIdentifier } from './identifier.ts';
import { isNeighbour, isUsable, learn, standsBeforeHead } from './members.ts';
import type { Contact, RingReply } from './message.ts';
import type { Purpose } from './pending.ts';
import { askPatiently } from './round-trips.ts';
import { considerCandidate } from './stabilize.ts';
import { emit, post, type Turn } from './turn.ts';

const MERGE: Purpose = { type: 'mergeProbe' };

/** One thought dead answered: it may stand in another ring, and is asked at once. */
export function onReturned(turn: Turn, contact: Contact): void {
  const { state, now } = turn;
  state.mergeEagerUntil = now + state.parameters.mergeEagerMs;
  if (!isNeighbour(state, contact)) ask(turn, contact);
}

/** At each stabilise round: asks somebody, with the probability of these times. */
export function considerMergeProbe(turn: Turn): void {
  const { state, now, random } = turn;
  const { mergeProbability, settleMs } = state.parameters;
  if (mergeProbability === 0 || now - state.changedAt < settleMs || now - state.mergeProbedAt < settleMs)
    return;
  if (now >= state.mergeEagerUntil && random() >= mergeProbability) return;
  const chosen = anyOutsider(turn);
  if (chosen !== null) ask(turn, chosen);
}

function anyOutsider(turn: Turn): Contact | null {
  const { state } = turn;
  const choices: Contact[] = [];
  for (const { contact } of state.members.values())
    if (isUsable(state, contact) && !isNeighbour(state, contact)) choices.push(contact);
  for (const contact of state.seeds)
    if (isUsable(state, contact) && !isNeighbour(state, contact)) choices.push(contact);
  return choices[Math.floor(turn.random() * choices.length)] ?? null;
}

function ask(turn: Turn, contact: Contact): void {
  const { state } = turn;
  if (state.phase !== 'member' || state.parameters.mergeProbability === 0) return;
  // One at a time; what was begun before is given up.
  state.mergeAsked.length = 0;
  askOn(turn, contact);
}

/** Who owns the point behind this node is the first node after it. */
function askOn(turn: Turn, contact: Contact): void {
  const { state } = turn;
  state.mergeProbedAt = turn.now;
  state.mergeAsked.push(contact.id);
  const request = { type: 'findOwner', key: nextIdentifier(state.self.id) } as const;
  state.mergeRequestId = askPatiently(turn, contact, request, MERGE);
}

/** An answer or, with null, a failure: then nothing is learned, and another is asked another time. */
export function onMergeAnswer(turn: Turn, requestId: number, from: Contact, reply: RingReply | null): void {
  const { state } = turn;
  if (requestId !== state.mergeRequestId) return;
  state.mergeRequestId = 0;
  if (reply?.type === 'owner') {
    if (!standsBeforeHead(state, from)) return;
    emit(turn, { type: 'merging', contact: from });
    considerCandidate(turn, from);
    return;
  }
  if (reply?.type !== 'redirect' || state.mergeAsked.length >= state.parameters.mergeHopMax) return;
  for (const contact of reply.next) learn(turn, contact);
  const next = reply.next.find(({ id }) => id !== state.self.id && !state.mergeAsked.includes(id));
  if (next === undefined) return;
  // Not its word alone: it is asked like any other, and adopted when it answers.
  if (!standsBeforeHead(state, next)) {
    askOn(turn, next);
    return;
  }
  emit(turn, { type: 'merging', contact: next });
  post(turn, { type: 'candidate', contact: next });
}
