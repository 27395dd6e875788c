/** A holder for tests: a real HTTP server over made content, that misbehaves as it is told. */

import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keystream } from '../content/keystream.test-support.ts';
import { LeafList } from '../content/leaf-list.ts';
import { PIECE_BYTES } from '../content/profile.ts';

export interface MadeFile {
  readonly cid: string;
  readonly bytes: Buffer;
  readonly nodes: ReadonlyMap<string, Uint8Array>;
}

export function makeFile(seed: string, size: number): MadeFile {
  const leaves = new LeafList();
  const pieces = [...keystream(seed, size, PIECE_BYTES)];
  for (const piece of pieces) leaves.add(hash('sha256', piece, 'buffer'), piece.length);
  const tree = leaves.finish();
  return {
    cid: tree.cid,
    bytes: Buffer.concat(pieces),
    nodes: new Map(tree.nodes.map((node) => [node.cid, node.bytes])),
  };
}

/** Called with each request for bytes from `start` (-1: for a block) to `end`; true: it has answered itself. */
export type Mischief = (
  request: IncomingMessage,
  response: ServerResponse,
  start: number,
  end: number,
) => boolean;

export class HolderServer {
  readonly #server: Server;
  /** First byte of each request for the file's bytes. */
  readonly starts: number[] = [];
  blockRequests = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(file: MadeFile, mischief: Mischief = () => false): Promise<HolderServer> {
    const server = createServer((request, response) => holder.#answer(file, mischief, request, response));
    const holder = new HolderServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return holder;
  }

  get holder(): { id: string; address: string } {
    return { id: String(this.#port), address: `127.0.0.1:${this.#port}` };
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(file: MadeFile, mischief: Mischief, request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://holder');
    const cid = url.pathname.replace('/ipfs/', '');
    const isBlock = url.searchParams.get('format') === 'raw' && cid.startsWith('bafybei');
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(first);
    const end = last === '' ? file.bytes.length : Number(last) + 1;
    if (isBlock) this.blockRequests += 1;
    else this.starts.push(start);
    if (mischief(request, response, isBlock ? -1 : start, end)) return;
    const block = file.nodes.get(cid);
    if (isBlock && block !== undefined) response.end(block);
    else if (!isBlock && cid === file.cid) sendFrom(response, file.bytes, start, end);
    else response.writeHead(404).end();
  }
}

/** What a good holder answers; `bytes` may be others than it should send. */
export function sendFrom(response: ServerResponse, bytes: Uint8Array, start: number, end: number): void {
  const isPart = start > 0 || end < bytes.length;
  response.writeHead(isPart ? 206 : 200, headersFrom(bytes.length, start, end));
  response.end(bytes.subarray(start, end));
}

export function headersFrom(size: number, start: number, end = size): Record<string, string | number> {
  const isPart = start > 0 || end < size;
  const range = isPart ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {};
  return { 'content-length': end - start, ...range };
}
