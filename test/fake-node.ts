/** A node as a portmapper sees it: real keys and signatures, a real listener, and answers that a test lays down. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import type { RegistrationAnswer, SignedReport } from '../src/client/schemas/portmapper-routes.ts';
import type { SignedDescriptor } from '../src/generated/anillo/ring/v1/ring.ts';
import { type Endpoints, signDescriptor } from '../src/identity/descriptor.ts';
import { NodeKey } from '../src/identity/node-key.ts';
import { type ReportAct, type ReportBody, signReport } from '../src/identity/signed-report.ts';

const HOUR_MS = 3_600_000;

/** What arrived at `PUT /api/v1/files`. */
export interface Arrival {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly sha256: string;
  readonly complete: boolean;
}

interface FakeAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly after?: Promise<void>;
}

export class FakeNode {
  readonly key = NodeKey.generate();
  readonly networkId: string;
  readonly arrivals: Arrival[] = [];
  /** JSON by path without the query, for GET; after the promise where there is one. */
  readonly answers = new Map<string, FakeAnswer>();
  /** JSON lines by path, for GET of application/x-ndjson. */
  readonly lines = new Map<string, AsyncIterable<unknown>>();
  /** Requests in order: method and URL. */
  readonly asked: string[] = [];
  /** When set, uploads are refused with this problem before their bytes are read. */
  refusal: { readonly status: number; readonly json: unknown } | null = null;
  incarnation = Date.now();
  sequence = 0;
  report: ReportBody = {
    joined: true,
    files: 0,
    bytes: 0,
    freeBytes: 10_000_000_000,
    insecure: false,
    roundTripMs: null,
  };
  endpoints: Endpoints = { dht: '127.0.0.1:1', index: null, upload: null, download: null, messaging: null };
  #server: Server | null = null;

  constructor(networkId: string) {
    this.networkId = networkId;
  }

  get id(): string {
    return this.key.id;
  }

  get address(): string {
    return this.endpoints.index ?? '';
  }

  /** Opens its REST services. */
  async listen(): Promise<this> {
    const server = createServer((incoming, response) => void this.#serve(incoming, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.endpoints = { ...this.endpoints, index: address, upload: address, download: address };
    this.#server = server;
    return this;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => (this.#server === null ? resolve(null) : this.#server.close(resolve)));
    this.#server = null;
  }

  descriptor(): SignedDescriptor {
    const { networkId, incarnation, endpoints } = this;
    const expiresAtMs = Date.now() + HOUR_MS;
    const draft = { networkId, incarnation, endpoints, labels: {}, version: '0.0.0', expiresAtMs };
    return signDescriptor(this.key, draft);
  }

  /** What it would send. */
  message(act: ReportAct, descriptor: SignedDescriptor | null = this.descriptor()): SignedReport {
    this.sequence += 1;
    const { id, incarnation, sequence, report } = this;
    const signed = signReport(this.key, this.networkId, { act, id, incarnation, sequence, report });
    if (act !== 'register' || descriptor === null) return signed;
    return { ...signed, descriptor: toBase64(descriptor) };
  }

  /** @param portmapper `host:port` */
  async speak(portmapper: string, act: ReportAct): Promise<RegistrationAnswer> {
    const path = act === 'register' ? '/api/v1/nodes' : `/api/v1/nodes/${this.id}/${act}`;
    const { statusCode, body } = await request(`http://${portmapper}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(this.message(act)),
    });
    const answer = (await body.json()) as RegistrationAnswer;
    if (statusCode !== 200) throw new Error(`${act}: HTTP ${statusCode} ${JSON.stringify(answer)}`);
    return answer;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://node');
    this.asked.push(`${incoming.method} ${incoming.url}`);
    if (incoming.method === 'PUT') return this.#receive(url, incoming, response);
    const lines = this.lines.get(url.pathname);
    if (lines !== undefined && incoming.headers.accept === 'application/x-ndjson') {
      for await (const line of lines) response.write(`${JSON.stringify(line)}\n`);
      response.end();
      return;
    }
    const answer: FakeAnswer = this.answers.get(url.pathname) ?? { status: 404, json: {} };
    await answer.after;
    sendJson(response, answer.status, answer.json);
  }

  async #receive(url: URL, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.refusal !== null) {
      sendJson(response, this.refusal.status, this.refusal.json);
      incoming.resume();
      return;
    }
    const hash = createHash('sha256');
    let size = 0;
    let complete = true;
    try {
      for await (const chunk of incoming) {
        size += (chunk as Buffer).length;
        hash.update(chunk as Buffer);
      }
    } catch {
      complete = false;
    }
    const name = url.searchParams.get('name') ?? '';
    const type = incoming.headers['content-type'] ?? '';
    this.arrivals.push({ name, type, size, sha256: hash.digest('hex'), complete });
    sendJson(response, 201, { state: 'stored', name, size });
  }
}

export function toBase64({ descriptor, signature }: SignedDescriptor): {
  descriptor: string;
  signature: string;
} {
  return { descriptor: descriptor.toString('base64'), signature: signature.toString('base64') };
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}
