/** A real HTTP server that answers as a portmapper or a node would; what it says is the test's. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem, type ProblemDocument } from '../problems/problem.ts';
import type { NodeStatus } from './schemas/node-routes.ts';
import type { RegisteredNode } from './schemas/portmapper-routes.ts';
import type { SearchResult } from './schemas/shared.ts';

/** By `METHOD /path`; a function sees the request and may take its time. */
export type Answers = Record<string, unknown>;
type Answering = (request: IncomingMessage, query: URLSearchParams) => unknown;

export class AnsweringServer {
  readonly #server: Server;
  readonly address: string;
  /** What was asked: `METHOD /path?query`. */
  readonly asked: string[];

  private constructor(server: Server, asked: string[]) {
    this.#server = server;
    this.asked = asked;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get base(): string {
    return `http://${this.address}`;
  }

  static async start(answers: Answers): Promise<AnsweringServer> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      void answer(answers, request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AnsweringServer(server, asked);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer(answers: Answers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://host');
  const found = answers[`${request.method} ${url.pathname}`];
  try {
    if (found === undefined) throw new Problem('not_found', { what: url.pathname });
    const said = typeof found === 'function' ? await (found as Answering)(request, url.searchParams) : found;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(said));
  } catch (error) {
    const document: ProblemDocument = Problem.from(error).toDocument();
    response.writeHead(document.status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify(document));
  }
}

/** An identifier that begins with `digits`. */
export function idOf(digits: string): string {
  return digits.padEnd(64, '0');
}

export function registeredNode(
  id: string,
  address: string,
  rest: Partial<RegisteredNode> = {},
): RegisteredNode {
  return {
    id,
    address,
    endpoints: { dht: address, index: address, upload: address, download: address, messaging: null },
    state: 'active',
    joined: true,
    incarnation: 1,
    lastSeen: 1_700_000_000_000,
    roundTripMs: 1,
    availability: { '1h': 1, '24h': 0.5, '7d': null },
    files: 3,
    bytes: 4096,
    freeBytes: 1024 ** 3,
    insecure: false,
    labels: {},
    version: '0.1.0',
    ...rest,
  };
}

export function nodeStatus(id: string, address: string, rest: Partial<NodeStatus> = {}): NodeStatus {
  return {
    id,
    networkId: idOf('99'),
    address,
    endpoints: { dht: address, index: address, upload: address, download: address, messaging: null },
    version: '0.1.0',
    protocolVersion: '1.0',
    incarnation: 1,
    services: ['dht', 'index', 'upload', 'download'],
    insecure: false,
    joined: true,
    inDoubt: false,
    predecessor: null,
    successors: [],
    successorsMax: 16,
    suspects: [],
    estimatedRingSize: 1,
    library: {
      files: 0,
      bytes: 0,
      state: 'ready',
      reason: null,
      skipped: 0,
      skippedPlaces: [],
      unwatched: 0,
    },
    pendingPublications: 0,
    refusedPublications: 0,
    records: 0,
    freeBytes: 1024 ** 3,
    time: Date.now(),
    ...rest,
  };
}

export function searchResult(name: string, rest: Partial<SearchResult> = {}): SearchResult {
  return {
    name,
    cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
    size: 5,
    type: 'text/plain',
    tags: [],
    modified: 1_700_000_000_000,
    publisher: idOf('aa'),
    seq: '1',
    providers: [],
    ...rest,
  };
}

export function searchAnswer(results: readonly SearchResult[]): Record<string, unknown> {
  return { results, asked: 1, answered: 1, away: 0, truncated: false };
}
