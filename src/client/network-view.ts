/**
 * What a command needs to know of the network: through a portmapper, or through one node where none is running. Nothing
 * of it carries file bytes.
 */
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import { findNode, fromRegistry, fromRing, fromStatus, isHostPort, type KnownNode } from './known-node.ts';
import { type LookupQuestion, NodeClient } from './node-client.ts';
import { PortmapperClient } from './portmapper-client.ts';
import type { NodeStatus } from './schemas/node-routes.ts';
import type { FileDetail, Lookup, Ring, RingMember, SearchAnswer } from './schemas/shared.ts';

/** A node to upload to. */
export interface Target {
  readonly id: string;
  /** The index endpoint, which names the node to people. */
  readonly address: string;
  /** The upload endpoint. */
  readonly upload: string;
}

/** One that has just died is called active for some seconds more. */
const PLACES = 3;

/** Away, for an act: not reached within 3 s in two tries. */
export const REACH_TIMEOUT_MS = 3_000;
export const REACH_TRIES = 2;

export interface NetworkView {
  /** For the whole network. */
  search(q: string, limit: number): Promise<SearchAnswer>;
  lookup(question: LookupQuestion): Promise<Lookup>;
  file(cid: string): Promise<FileDetail>;
  /** Members in ring order. */
  ring(): Promise<Ring>;
  nodes(): Promise<readonly KnownNode[]>;
  /** Nodes to upload to, best first, never none. @throws Problem `no_nodes`, `no_space` */
  placement(sizeBytes: number): Promise<readonly Target[]>;
  /** NODE: an id, a unique prefix of at least 6 digits, or `host:port`. @throws Problem `unknown_node` */
  resolveNode(name: string): Promise<KnownNode>;
}

export function viewThroughPortmappers(http: HttpClient, bases: readonly string[]): NetworkView {
  return new PortmapperView(http, bases);
}

/** @param base the index service of the node */
export function viewThroughNode(http: HttpClient, base: string): NetworkView {
  return new NodeView(http, base);
}

/** The upload target that a known node is. @throws Problem `node_away` when nobody knows where it takes files */
export function targetOf(node: KnownNode): Target {
  const upload = node.endpoints === null ? node.address : node.endpoints.upload;
  if (upload === null) throw new Problem('node_away', { node: node.address });
  return { id: node.id, address: node.address, upload };
}

class PortmapperView implements NetworkView {
  readonly #http: HttpClient;
  readonly #portmapper: PortmapperClient;

  constructor(http: HttpClient, bases: readonly string[]) {
    this.#http = http;
    this.#portmapper = new PortmapperClient(http, bases);
  }

  search(q: string, limit: number): Promise<SearchAnswer> {
    return this.#portmapper.search(q, limit);
  }

  lookup(question: LookupQuestion): Promise<Lookup> {
    return this.#portmapper.lookup(question);
  }

  file(cid: string): Promise<FileDetail> {
    return this.#portmapper.file(cid);
  }

  ring(): Promise<Ring> {
    return this.#portmapper.ring();
  }

  async nodes(): Promise<readonly KnownNode[]> {
    return (await this.#portmapper.nodes()).map(fromRegistry);
  }

  async placement(sizeBytes: number): Promise<readonly Target[]> {
    const { nodes } = await this.#portmapper.placement(sizeBytes, PLACES);
    if (nodes.length === 0) throw new Problem('no_nodes');
    return nodes;
  }

  async resolveNode(name: string): Promise<KnownNode> {
    const found = findNode(await this.#nodesIfAnswered(name), name);
    return found ?? (await askDirectly(this.#http, name));
  }

  /** An address needs no registry. */
  async #nodesIfAnswered(name: string): Promise<readonly KnownNode[]> {
    try {
      return await this.nodes();
    } catch (error) {
      if (isHostPort(name) && error instanceof Problem && error.exitCode === 4) return [];
      throw error;
    }
  }
}

class NodeView implements NetworkView {
  readonly #http: HttpClient;
  readonly #node: NodeClient;

  constructor(http: HttpClient, base: string) {
    this.#http = http;
    this.#node = new NodeClient(http, base);
  }

  search(q: string, limit: number): Promise<SearchAnswer> {
    return this.#node.search(q, limit);
  }

  lookup(question: LookupQuestion): Promise<Lookup> {
    return this.#node.lookup(question);
  }

  file(cid: string): Promise<FileDetail> {
    return this.#node.file(cid);
  }

  ring(): Promise<Ring> {
    return this.#node.ring();
  }

  async nodes(): Promise<readonly KnownNode[]> {
    const { members } = await this.#node.ring();
    return inTurns(members, (member) => describeMember(this.#http, member));
  }

  async placement(): Promise<readonly Target[]> {
    return [targetOf(fromStatus(await this.#node.status()))];
  }

  async resolveNode(name: string): Promise<KnownNode> {
    const { members } = await this.#node.ring();
    const member = findNode(members.map(fromRing), name);
    if (member === null) return askDirectly(this.#http, name);
    const known = members.find(({ id }) => id === member.id);
    return known === undefined ? member : describeMember(this.#http, known);
  }
}

/** A member's own words; the ring's when it does not answer. */
async function describeMember(http: HttpClient, member: RingMember): Promise<KnownNode> {
  const status = await statusOf(http, member.address);
  if (status === null || status.id !== member.id) return fromRing(member);
  return { ...fromStatus(status), state: member.state };
}

/** A node that no register lists can still be named by where it listens. */
async function askDirectly(http: HttpClient, name: string): Promise<KnownNode> {
  const status = isHostPort(name) ? await statusOf(http, name) : null;
  if (status === null) throw new Problem('unknown_node', { node: name });
  return fromStatus(status);
}

async function statusOf(http: HttpClient, address: string): Promise<NodeStatus | null> {
  try {
    return await new NodeClient(http, baseOf(address)).status(REACH_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof Problem && error.code !== 'interrupted') return null;
    throw error;
  }
}

const ASKED_AT_ONCE = 16;

/** Asks many nodes, a bounded number at once; answers in the order of `items`. */
export async function inTurns<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length);
  const rest = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) answers[index] = await ask(item);
  };
  await Promise.all(Array.from({ length: Math.min(ASKED_AT_ONCE, items.length) }, worker));
  return answers;
}
