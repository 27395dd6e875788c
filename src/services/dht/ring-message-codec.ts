/** Each request and each answer of the ring on the wire. Wire types stop here; anything malformed is refused. */
import {
  type ExchangeRequest,
  type ExchangeRequest_RouteChanges,
  type ExchangeResponse,
  MemberStatus as WIRE_STATUS,
  type MemberEntry as WireEntry,
  type MemberStatus as WireStatus,
} from '../../generated/anillo/ring/v1/ring.ts';
import type {
  Contact,
  MemberEntry,
  MemberStatus,
  RingReply,
  RingRequest,
  Standing,
} from '../../ring/message.ts';
import {
  decodeContact,
  decodeId,
  decodeIncarnation,
  decodeOptional,
  encodeContact,
  encodeId,
  encodeOptional,
  malformed,
} from './contact-codec.ts';

/** Longest successor list or redirect: twice the largest r. */
const CONTACTS_MAX = 64;
/** Entries in one message: with the longest addresses they still fit CONTROL_MAX_BYTES. The next exchange brings the rest. */
const ENTRIES_MAX = 192;
/** Contacts, marks or changes in one message about routing tables: with the longest addresses they still fit. */
const PAGE_MAX = 192;
const HASH_MAX_BYTES = 32;

export function encodeRequest(request: RingRequest): NonNullable<ExchangeRequest['request']> {
  switch (request.type) {
    case 'ping':
    case 'changed':
    case 'leave':
      return { $case: request.type, value: {} };
    case 'notify':
      return { $case: 'notify', value: encodeStanding(request.standing) };
    case 'pingVia':
      return { $case: 'pingVia', value: { target: encodeContact(request.target) } };
    case 'introduce':
      return { $case: 'introduce', value: encodeContact(request.contact) };
    case 'bestPredecessor':
      return { $case: 'bestPredecessor', value: { id: encodeId(request.id) } };
    case 'neighbours':
      return {
        $case: 'neighbours',
        value: {
          listHash: Buffer.from(request.listHash, 'hex'),
          notify: request.notify === null ? undefined : encodeStanding(request.notify),
        },
      };
    case 'findOwner':
      return { $case: 'findOwner', value: { key: encodeId(request.key) } };
    case 'members':
      return { $case: 'members', value: encodeMembers(request) };
    case 'routes':
      return { $case: 'routes', value: { from: request.from, digests: [...request.digests] } };
    case 'routePage':
      return { $case: 'routePage', value: { page: request.page, marks: [...request.marks] } };
    case 'routeChanges':
      return { $case: 'routeChanges', value: encodeChanges(request) };
  }
}

export function decodeRequest(wire: ExchangeRequest['request']): RingRequest {
  switch (wire?.$case) {
    case 'ping':
    case 'changed':
    case 'leave':
      return { type: wire.$case };
    case 'notify':
      return { type: 'notify', standing: decodeStanding(wire.value) };
    case 'pingVia':
      return { type: 'pingVia', target: decodeContact(wire.value.target) };
    case 'introduce':
      return { type: 'introduce', contact: decodeContact(wire.value) };
    case 'bestPredecessor':
      return { type: 'bestPredecessor', id: decodeId(wire.value.id) };
    case 'neighbours':
      return {
        type: 'neighbours',
        listHash: decodeHash(wire.value.listHash),
        notify: wire.value.notify === undefined ? null : decodeStanding(wire.value.notify),
      };
    case 'findOwner':
      return { type: 'findOwner', key: decodeId(wire.value.key) };
    case 'members':
      return { type: 'members', ...decodeMembers(wire.value) };
    case 'routes':
      return { type: 'routes', from: wire.value.from, digests: bounded(wire.value.digests, PAGE_MAX) };
    case 'routePage':
      return { type: 'routePage', page: wire.value.page, marks: bounded(wire.value.marks, PAGE_MAX) };
    case 'routeChanges':
      return { type: 'routeChanges', ...decodeChanges(wire.value) };
    case undefined:
      throw malformed('the request is of no known kind');
  }
}

export function encodeReply(reply: RingReply): NonNullable<ExchangeResponse['reply']> {
  switch (reply.type) {
    case 'pong':
      return { $case: 'pong', value: { joined: reply.joined } };
    case 'pongVia':
      return { $case: 'pongVia', value: { answered: reply.answered } };
    case 'bestPredecessor':
      return {
        $case: 'bestPredecessor',
        value: { best: encodeContact(reply.best), successors: encodeContacts(reply.successors) },
      };
    case 'neighbours':
      return {
        $case: 'neighbours',
        value: {
          predecessor: encodeOptional(reply.predecessor),
          candidate: encodeOptional(reply.candidate),
          successors: encodeContacts(reply.successors),
          listHash: Buffer.from(reply.listHash, 'hex'),
        },
      };
    case 'neighboursUnchanged':
      return {
        $case: 'neighboursUnchanged',
        value: {
          predecessor: encodeOptional(reply.predecessor),
          candidate: encodeOptional(reply.candidate),
        },
      };
    case 'owner':
      return {
        $case: 'owner',
        value: {
          predecessor: encodeOptional(reply.predecessor),
          successors: encodeContacts(reply.successors),
        },
      };
    case 'redirect':
      return { $case: 'redirect', value: { next: encodeContacts(reply.next) } };
    case 'members':
      return { $case: 'members', value: encodeMembers(reply) };
    case 'routes':
      return { $case: 'routes', value: { group: reply.group, digests: [...reply.digests] } };
    case 'routePage':
      return {
        $case: 'routePage',
        value: { contacts: reply.contacts.map(encodeContact), unknown: [...reply.unknown] },
      };
    case 'acknowledged':
    case 'pending':
    case 'notMember':
    case 'otherIncarnation':
      return { $case: reply.type, value: {} };
  }
}

export function decodeReply(wire: ExchangeResponse['reply']): RingReply {
  switch (wire?.$case) {
    case 'pong':
      return { type: 'pong', joined: wire.value.joined };
    case 'pongVia':
      return { type: 'pongVia', answered: wire.value.answered };
    case 'bestPredecessor': {
      const { best, successors } = wire.value;
      return { type: 'bestPredecessor', best: decodeContact(best), successors: decodeContacts(successors) };
    }
    case 'neighbours': {
      const { predecessor, candidate, successors, listHash } = wire.value;
      return {
        type: 'neighbours',
        predecessor: decodeOptional(predecessor),
        candidate: decodeOptional(candidate),
        successors: decodeContacts(successors),
        listHash: decodeHash(listHash),
      };
    }
    case 'neighboursUnchanged':
      return {
        type: 'neighboursUnchanged',
        predecessor: decodeOptional(wire.value.predecessor),
        candidate: decodeOptional(wire.value.candidate),
      };
    case 'owner': {
      const { predecessor, successors } = wire.value;
      return {
        type: 'owner',
        predecessor: decodeOptional(predecessor),
        successors: decodeContacts(successors),
      };
    }
    case 'redirect':
      return { type: 'redirect', next: decodeContacts(wire.value.next) };
    case 'members':
      return { type: 'members', ...decodeMembers(wire.value) };
    case 'routes':
      return { type: 'routes', group: wire.value.group, digests: bounded(wire.value.digests, PAGE_MAX) };
    case 'routePage':
      return {
        type: 'routePage',
        contacts: bounded(wire.value.contacts, PAGE_MAX).map(decodeContact),
        unknown: bounded(wire.value.unknown, PAGE_MAX),
      };
    case 'acknowledged':
    case 'pending':
    case 'notMember':
    case 'otherIncarnation':
      return { type: wire.$case };
    case undefined:
      throw malformed('the answer is of no known kind');
  }
}

function encodeStanding(standing: Standing) {
  return { inDoubt: standing === 'inDoubt' };
}

function decodeStanding({ inDoubt }: { inDoubt: boolean }): Standing {
  return inDoubt ? 'inDoubt' : 'settled';
}

function encodeContacts(contacts: readonly Contact[]) {
  return contacts.slice(0, CONTACTS_MAX).map(encodeContact);
}

function decodeContacts(wire: Parameters<typeof decodeContact>[0][]): Contact[] {
  if (wire.length > CONTACTS_MAX) throw malformed('a list of contacts is too long');
  return wire.map(decodeContact);
}

type Changes = Omit<Extract<RingRequest, { type: 'routeChanges' }>, 'type'>;

function encodeChanges({ level, joined, gone }: Changes) {
  return {
    level,
    joined: joined.map(encodeContact),
    gone: gone.map(({ id, incarnation }) => ({ id: encodeId(id), incarnation: BigInt(incarnation) })),
  };
}

function decodeChanges({ level, joined, gone }: ExchangeRequest_RouteChanges): Changes {
  return {
    level,
    joined: bounded(joined, PAGE_MAX).map(decodeContact),
    gone: bounded(gone, PAGE_MAX).map(({ id, incarnation }) => ({
      id: decodeId(id),
      incarnation: decodeIncarnation(incarnation),
    })),
  };
}

function bounded<Item>(list: Item[], most: number): Item[] {
  if (list.length > most) throw malformed('a list is too long');
  return list;
}

function decodeHash(bytes: Buffer): string {
  if (bytes.length > HASH_MAX_BYTES) throw malformed('a digest is too long');
  return bytes.toString('hex');
}

interface MemberList {
  readonly digest: string;
  readonly entries: readonly MemberEntry[];
}

function encodeMembers({ digest, entries }: MemberList) {
  return { digest: Buffer.from(digest, 'hex'), entries: entries.slice(0, ENTRIES_MAX).map(encodeEntry) };
}

function decodeMembers(wire: { digest: Buffer; entries: WireEntry[] }): MemberList {
  if (wire.entries.length > ENTRIES_MAX) throw malformed('a member list is too long');
  return { digest: decodeHash(wire.digest), entries: wire.entries.map(decodeEntry) };
}

const STATUS_TO_WIRE: Readonly<Record<MemberStatus, WireStatus>> = {
  alive: WIRE_STATUS.MEMBER_STATUS_ALIVE,
  suspect: WIRE_STATUS.MEMBER_STATUS_SUSPECT,
  left: WIRE_STATUS.MEMBER_STATUS_LEFT,
};

const STATUSES = Object.entries(STATUS_TO_WIRE) as [MemberStatus, WireStatus][];

function encodeEntry(entry: MemberEntry): WireEntry {
  return { contact: encodeContact(entry.contact), status: STATUS_TO_WIRE[entry.status] };
}

function decodeEntry(wire: WireEntry): MemberEntry {
  const status = STATUSES.find(([, onWire]) => onWire === wire.status)?.[0];
  if (status === undefined) throw malformed('a member has no known status');
  return { contact: decodeContact(wire.contact), status };
}
