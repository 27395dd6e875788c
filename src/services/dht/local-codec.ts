/** The local DHT interface between the wire and `DhtApi`. Long lists go in pages, so that no message outgrows its bound. */
import {
  type FindResponse,
  type LookupResponse,
  type RingResponse,
  type StatusResponse,
  StepOutcome as WIRE_OUTCOME,
  NodeState as WIRE_STATE,
  type RingMember as WireMember,
  type StepOutcome as WireOutcome,
  type FoundProvider as WireProvider,
  type FoundPublication as WirePublication,
  type NodeState as WireState,
} from '../../generated/anillo/local/v1/local.ts';
import { decodeId, encodeId, malformed } from './contact-codec.ts';
import type {
  DhtLookup,
  DhtLookupStep,
  DhtStatus,
  Found,
  FoundProvider,
  FoundPublication,
  NodeAddress,
  RingMember,
} from './dht-api.ts';

/** Publications have a path of at most 4 KiB and their body at most 16: a page with its versions stays under 1 MiB. */
const FOUND_PER_PAGE = 24;
/** A member is at most 64 identifiers and an address. */
const MEMBERS_PER_PAGE = 128;

interface WireAddress {
  id: Buffer;
  address: string;
}

const STATE_TO_WIRE: Readonly<Record<RingMember['state'], WireState>> = {
  active: WIRE_STATE.NODE_STATE_ACTIVE,
  suspect: WIRE_STATE.NODE_STATE_SUSPECT,
  inactive: WIRE_STATE.NODE_STATE_INACTIVE,
};
const STATES = Object.entries(STATE_TO_WIRE) as [RingMember['state'], WireState][];

const OUTCOME_TO_WIRE: Readonly<Record<DhtLookupStep['outcome'], WireOutcome>> = {
  owner: WIRE_OUTCOME.STEP_OUTCOME_OWNER,
  redirect: WIRE_OUTCOME.STEP_OUTCOME_REDIRECT,
  failed: WIRE_OUTCOME.STEP_OUTCOME_FAILED,
  abandoned: WIRE_OUTCOME.STEP_OUTCOME_ABANDONED,
};
const OUTCOMES = Object.entries(OUTCOME_TO_WIRE) as [DhtLookupStep['outcome'], WireOutcome][];

function encodeAddress({ id, address }: NodeAddress): WireAddress {
  return { id: encodeId(id), address };
}

function decodeAddress(wire: WireAddress | undefined): NodeAddress {
  if (wire === undefined) throw malformed('a node is missing');
  return { id: decodeId(wire.id), address: wire.address };
}

function decodeState(wire: WireState): RingMember['state'] {
  const state = STATES.find(([, onWire]) => onWire === wire)?.[0];
  if (state === undefined) throw malformed('a node has no known state');
  return state;
}

function decodeOutcome(wire: WireOutcome): DhtLookupStep['outcome'] {
  const outcome = OUTCOMES.find(([, onWire]) => onWire === wire)?.[0];
  if (outcome === undefined) throw malformed('a call has no known outcome');
  return outcome;
}

export function encodeStatus(status: DhtStatus): StatusResponse {
  return {
    id: encodeId(status.id),
    networkId: encodeId(status.networkId),
    incarnation: BigInt(status.incarnation),
    joined: status.joined,
    inDoubt: status.inDoubt,
    predecessor: status.predecessor === null ? undefined : encodeAddress(status.predecessor),
    successors: status.successors.map(encodeAddress),
    successorsMax: status.successorsMax,
    suspects: status.suspects.map(encodeAddress),
    estimatedRingSize: status.estimatedRingSize,
    away: status.away,
    records: BigInt(status.records),
    pending: BigInt(status.pending),
    refused: BigInt(status.refused),
  };
}

export function decodeStatus(wire: StatusResponse): DhtStatus {
  return {
    id: decodeId(wire.id),
    networkId: decodeId(wire.networkId),
    incarnation: Number(wire.incarnation),
    joined: wire.joined,
    inDoubt: wire.inDoubt,
    predecessor: wire.predecessor === undefined ? null : decodeAddress(wire.predecessor),
    successors: wire.successors.map(decodeAddress),
    successorsMax: wire.successorsMax,
    suspects: wire.suspects.map(decodeAddress),
    estimatedRingSize: wire.estimatedRingSize,
    away: wire.away,
    records: Number(wire.records),
    pending: Number(wire.pending),
    refused: Number(wire.refused),
  };
}

export function encodeLookup(lookup: DhtLookup): LookupResponse {
  return {
    id: encodeId(lookup.id),
    owner: encodeAddress(lookup.owner),
    path: lookup.path.map((step) => ({
      node: encodeAddress(step),
      ms: step.ms,
      outcome: OUTCOME_TO_WIRE[step.outcome],
    })),
    hops: lookup.hops,
    ms: lookup.ms,
  };
}

export function decodeLookup(wire: LookupResponse): DhtLookup {
  return {
    id: decodeId(wire.id),
    owner: decodeAddress(wire.owner),
    path: wire.path.map(({ node, ms, outcome }) => ({
      ...decodeAddress(node),
      ms,
      outcome: decodeOutcome(outcome),
    })),
    hops: wire.hops,
    ms: wire.ms,
  };
}

export function encodeRing(members: readonly RingMember[]): RingResponse[] {
  return pages(members.map(encodeMember), MEMBERS_PER_PAGE).map((page) => ({ members: page }));
}

export function decodeRing(received: readonly RingResponse[]): RingMember[] {
  return received.flatMap(({ members }) => members.map(decodeMember));
}

function encodeMember(member: RingMember): WireMember {
  const successors = member.successors.map(encodeId);
  return { node: encodeAddress(member), state: STATE_TO_WIRE[member.state], successors };
}

function decodeMember({ node, state, successors }: WireMember): RingMember {
  return { ...decodeAddress(node), state: decodeState(state), successors: successors.map(decodeId) };
}

/** At least one page: the counts stand on each. */
export function encodeFound(found: Found): FindResponse[] {
  const { replicasAsked, replicasAgreed, truncated } = found;
  const publications = pages(found.publications.map(encodePublication), FOUND_PER_PAGE);
  const providers = pages(found.providers.map(encodeProvider), FOUND_PER_PAGE);
  const versions = pages(found.versions.map(encodePublication), FOUND_PER_PAGE);
  const length = Math.max(1, publications.length, providers.length, versions.length);
  return Array.from({ length }, (_, index) => ({
    publications: publications[index] ?? [],
    providers: providers[index] ?? [],
    versions: versions[index] ?? [],
    replicasAsked,
    replicasAgreed,
    truncated,
  }));
}

export function decodeFound(received: readonly FindResponse[]): Found {
  const [first] = received;
  if (first === undefined) throw malformed('the answer has no page');
  const { replicasAsked, replicasAgreed, truncated } = first;
  return {
    publications: received.flatMap((page) => page.publications.map(decodePublication)),
    providers: received.flatMap((page) => page.providers.map(decodeProvider)),
    versions: received.flatMap((page) => page.versions.map(decodePublication)),
    replicasAsked,
    replicasAgreed,
    truncated,
  };
}

function encodePublication(found: FoundPublication): WirePublication {
  const { kind, publisher, size, tags, previous, ...rest } = found;
  return {
    ...rest,
    tombstone: kind === 'tombstone',
    publisher: encodeId(publisher),
    size: BigInt(size),
    tags: [...tags],
    previous: previous ?? '',
  };
}

function decodePublication(wire: WirePublication): FoundPublication {
  const { tombstone, publisher, size, previous, ...rest } = wire;
  return {
    ...rest,
    kind: tombstone ? 'tombstone' : 'publication',
    publisher: decodeId(publisher),
    size: Number(size),
    previous: previous === '' ? null : previous,
  };
}

function encodeProvider(found: FoundProvider): WireProvider {
  const { cid, complete, download } = found;
  return { node: encodeAddress(found), cid, complete, download, state: STATE_TO_WIRE[found.state] };
}

function decodeProvider({ node, cid, complete, download, state }: WireProvider): FoundProvider {
  return { ...decodeAddress(node), cid, complete, download, state: decodeState(state) };
}

function pages<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, page) =>
    items.slice(page * size, (page + 1) * size),
  );
}
