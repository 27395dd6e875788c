/** What is accepted from other nodes: lists no longer than agreed, identifiers of this ring's length. The rest is dropped. */
import type { Contact, MemberEntry, RingReply, RingRequest } from './message.ts';
import { GROUPS, PAGES } from './route-table.ts';
import type { RingState } from './state.ts';

export function isAcceptableContact(state: RingState, contact: Contact): boolean {
  return (
    contact.id.length === state.self.id.length &&
    Number.isSafeInteger(contact.incarnation) &&
    contact.incarnation >= 0 &&
    contact.address.length <= state.parameters.addressMax
  );
}

export function isAcceptableRequest(state: RingState, request: RingRequest): boolean {
  switch (request.type) {
    case 'pingVia':
      return isAcceptableContact(state, request.target);
    case 'introduce':
      return isAcceptableContact(state, request.contact);
    case 'bestPredecessor':
      return request.id.length === state.self.id.length;
    case 'findOwner':
      return request.key.length === state.self.id.length;
    case 'members':
      return areAcceptableEntries(state, request.entries);
    case 'routes':
      return request.digests.length === GROUPS && request.from < GROUPS;
    case 'routePage':
      return request.page < PAGES && request.marks.length <= state.parameters.routesPageMax;
    case 'routeChanges':
      return areAcceptableChanges(state, request);
    default:
      return true;
  }
}

export function isAcceptableReply(state: RingState, reply: RingReply): boolean {
  switch (reply.type) {
    case 'bestPredecessor':
      return isAcceptableContact(state, reply.best) && areAcceptable(state, reply.successors);
    case 'neighbours':
      return isAcceptableOrNull(state, reply.candidate) && isAcceptableOwner(state, reply);
    case 'owner':
      return isAcceptableOwner(state, reply);
    case 'neighboursUnchanged':
      return isAcceptableOrNull(state, reply.predecessor) && isAcceptableOrNull(state, reply.candidate);
    case 'redirect':
      return areAcceptable(state, reply.next);
    case 'members':
      return areAcceptableEntries(state, reply.entries);
    case 'routes':
      return reply.group <= GROUPS && reply.digests.length <= PAGES / GROUPS;
    case 'routePage':
      return isAcceptablePage(state, reply);
    default:
      return true;
  }
}

function isAcceptableOwner(
  state: RingState,
  { predecessor, successors }: Pick<Extract<RingReply, { type: 'owner' }>, 'predecessor' | 'successors'>,
): boolean {
  return isAcceptableOrNull(state, predecessor) && areAcceptable(state, successors);
}

function isAcceptableOrNull(state: RingState, contact: Contact | null): boolean {
  return contact === null || isAcceptableContact(state, contact);
}

function areAcceptable(state: RingState, contacts: readonly Contact[]): boolean {
  return (
    contacts.length <= state.parameters.listMax &&
    contacts.every((contact) => isAcceptableContact(state, contact))
  );
}

function areAcceptableEntries(state: RingState, entries: readonly MemberEntry[]): boolean {
  if (entries.length > state.parameters.membersMax + 1) return false;
  return entries.every(({ contact }) => isAcceptableContact(state, contact));
}

/** A change goes on for as many steps as a ring of all identifiers would need, at most. */
const LEVEL_MAX = 48;

function areAcceptableChanges(
  state: RingState,
  { level, joined, gone }: Extract<RingRequest, { type: 'routeChanges' }>,
): boolean {
  const { changesMax } = state.parameters;
  return (
    level <= LEVEL_MAX &&
    joined.length <= changesMax &&
    gone.length <= changesMax &&
    joined.every((contact) => isAcceptableContact(state, contact)) &&
    gone.every(
      ({ id, incarnation }) =>
        id.length === state.self.id.length && Number.isSafeInteger(incarnation) && incarnation >= 0,
    )
  );
}

function isAcceptablePage(
  state: RingState,
  { contacts, unknown }: Extract<RingReply, { type: 'routePage' }>,
): boolean {
  const { routesPageMax } = state.parameters;
  if (contacts.length > routesPageMax || unknown.length > routesPageMax) return false;
  return contacts.every((contact) => isAcceptableContact(state, contact));
}
