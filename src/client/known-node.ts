/** A node as a person may know it, through a portmapper's registry or through another node's view of the ring. */
import { Problem } from '../problems/problem.ts';
import type { NodeStatus } from './schemas/node-routes.ts';
import type { RegisteredNode } from './schemas/portmapper-routes.ts';
import type { Endpoints, NodeState, RingMember } from './schemas/shared.ts';

/** Null: what this view does not know. */
export interface KnownNode {
  readonly id: string;
  /** The index endpoint, `host:port`. */
  readonly address: string;
  readonly endpoints: Endpoints | null;
  readonly state: NodeState;
  readonly joined: boolean | null;
  /** Unix milliseconds. */
  readonly lastSeen: number | null;
  readonly roundTripMs: number | null;
  readonly availability: RegisteredNode['availability'] | null;
  readonly files: number | null;
  readonly bytes: number | null;
  readonly freeBytes: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string | null;
}

export function fromRegistry(node: RegisteredNode): KnownNode {
  const { id, address, endpoints, state, joined, lastSeen, roundTripMs } = node;
  const { availability, files, bytes, freeBytes, labels, version } = node;
  return {
    id,
    address,
    endpoints,
    state,
    joined,
    lastSeen,
    roundTripMs,
    availability,
    files,
    bytes,
    freeBytes,
    labels,
    version,
  };
}

export function fromStatus(status: NodeStatus): KnownNode {
  const { id, address, endpoints, joined, library, freeBytes, version } = status;
  return {
    id,
    address,
    endpoints,
    state: 'active',
    joined,
    lastSeen: null,
    roundTripMs: null,
    availability: null,
    files: library.files,
    bytes: library.bytes,
    freeBytes,
    labels: {},
    version,
  };
}

/** What the ring alone says of a member that did not answer. */
export function fromRing({ id, address, state }: RingMember): KnownNode {
  return {
    id,
    address,
    endpoints: null,
    state,
    joined: null,
    lastSeen: null,
    roundTripMs: null,
    availability: null,
    files: null,
    bytes: null,
    freeBytes: null,
    labels: {},
    version: null,
  };
}

const PREFIX_DIGITS_MIN = 6;

/** `host:port` or `[v6]:port`. */
export function isHostPort(text: string): boolean {
  return /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/i.test(text);
}

/**
 * The node that NODE names among those known: an id, a unique prefix of at least 6 digits, or any endpoint of it.
 * @returns null when none is called so
 * @throws Problem `usage` when the prefix is too short, or several nodes begin with it
 */
export function findNode(nodes: readonly KnownNode[], name: string): KnownNode | null {
  if (isHostPort(name)) {
    const holders = nodes.filter((node) => isAt(node, name));
    // An address may have passed from a node that left to one that lives.
    return holders.find((node) => node.state === 'active') ?? holders[0] ?? null;
  }
  const prefix = name.toLowerCase();
  if (!/^[0-9a-f]+$/.test(prefix)) return null;
  const matches = nodes.filter((node) => node.id.startsWith(prefix));
  if (prefix.length < PREFIX_DIGITS_MIN && matches.length > 0) throw new Problem('prefix_short', { prefix });
  if (matches.length > 1) {
    const candidates = matches.map(({ id, address }) => ({ id, address }));
    throw new Problem('prefix_not_unique', { prefix, candidates });
  }
  return matches[0] ?? null;
}

function isAt(node: KnownNode, address: string): boolean {
  if (node.address === address) return true;
  return node.endpoints !== null && Object.values(node.endpoints).includes(address);
}
