/** The portmapper's REST routes, asked at the first portmapper that answers. */
import type { Static, TSchema } from 'typebox';
import { Problem } from '../problems/problem.ts';
import type { Call, HttpClient } from './http.ts';
import type { LookupQuestion } from './node-client.ts';
import { NetworkInfo, NodeList, Placement, type RegisteredNode } from './schemas/portmapper-routes.ts';
import { FileDetail, Lookup, Ring, SearchAnswer } from './schemas/shared.ts';

const NETWORK_CALL_TIMEOUT_MS = 30_000;

export class PortmapperClient {
  readonly #http: HttpClient;
  /** In the order given; the one that answered last comes first. */
  #bases: readonly string[];

  /** @param bases `http://host:port` of each, at least one */
  constructor(http: HttpClient, bases: readonly string[]) {
    this.#http = http;
    this.#bases = bases;
  }

  network(): Promise<NetworkInfo> {
    return this.#call(NetworkInfo, { path: '/api/v1/network' });
  }

  /** Every node that is known, page after page. */
  async nodes(): Promise<readonly RegisteredNode[]> {
    const nodes: RegisteredNode[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#call(NodeList, { path: '/api/v1/nodes', query: { cursor } });
      nodes.push(...page.nodes);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return nodes;
  }

  /** @param replicas as many different nodes, as far as there are so many */
  placement(size: number, replicas: number): Promise<Placement> {
    return this.#call(Placement, { path: '/api/v1/placement', query: { size, replicas } });
  }

  ring(): Promise<Ring> {
    return this.#call(Ring, { path: '/api/v1/ring' });
  }

  lookup(question: LookupQuestion): Promise<Lookup> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(Lookup, { path: '/api/v1/lookup', query: { ...question }, timeoutMs });
  }

  search(q: string, limit: number): Promise<SearchAnswer> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(SearchAnswer, { path: '/api/v1/search', query: { q, limit }, timeoutMs });
  }

  file(cid: string): Promise<FileDetail> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(FileDetail, { path: `/api/v1/files/${encodeURIComponent(cid)}`, timeoutMs });
  }

  async #call<Schema extends TSchema>(
    schema: Schema,
    call: Omit<Call, 'side' | 'base'>,
  ): Promise<Static<Schema>> {
    let failure: unknown;
    for (const base of this.#bases) {
      try {
        const answer = await this.#http.call(schema, { side: 'portmapper', base, ...call });
        this.#bases = [base, ...this.#bases.filter((other) => other !== base)];
        return answer;
      } catch (error) {
        if (!isSilence(error)) throw error;
        failure ??= error;
      }
    }
    throw failure;
  }
}

/** Portmappers don't talk to each other: another one is worth asking only when this one says nothing. */
function isSilence(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'unreachable' || error.code === 'deadline');
}
