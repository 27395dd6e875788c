/** A real index service over a real library and the DHT as a table, for tests. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import { rawCid } from '../../content/cid.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { Library } from '../../library/library.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { createHttpServer } from '../http/server.ts';
import { serveIndex } from './index-service.ts';
import { MemoryDht } from './memory-dht.test-support.ts';

export const OWN = 'a'.repeat(64);
export const OTHER = 'b'.repeat(64);

/** A CID of some content, the same for the same seed. */
export function cidOf(seed: string): string {
  return rawCid(createHash('sha256').update(seed).digest());
}

export class IndexFixture {
  readonly folder: string;
  readonly library: Library;
  readonly dht: MemoryDht;
  readonly server: HttpServer;
  readonly port: number;
  readonly origin: string;
  readonly endpoints: {
    dht: string;
    index: string;
    upload: string | null;
    download: string | null;
    messaging: null;
  };

  private constructor(parts: Omit<IndexFixture, 'origin' | 'put' | 'ask' | 'close'>) {
    this.folder = parts.folder;
    this.library = parts.library;
    this.dht = parts.dht;
    this.server = parts.server;
    this.port = parts.port;
    this.endpoints = parts.endpoints;
    this.origin = `http://127.0.0.1:${parts.port}`;
  }

  static async open(): Promise<IndexFixture> {
    const log = pino({ level: 'silent' });
    const folder = mkdtempSync(join(tmpdir(), 'anillo-index-'));
    const library = await Library.open({
      shareDir: join(folder, 'shared'),
      dataDir: join(folder, 'data'),
      log,
    });
    const dht = new MemoryDht(OWN);
    dht.serve(library);
    const endpoints: IndexFixture['endpoints'] = {
      dht: 'a:3',
      index: 'a:1',
      upload: null,
      download: null,
      messaging: null,
    };
    const server = await createHttpServer({ log, title: 'Test', version: '1' });
    await serveIndex(server, {
      library,
      dht,
      networkId: () => 'f'.repeat(64),
      self: () => ({ id: OWN, address: 'a:1' }),
      endpoints: () => endpoints,
      services: ['index'],
      version: '1.2.3',
      protocolVersion: '1.0',
      insecure: false,
      log,
    });
    const port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
    return new IndexFixture({ folder, library, dht, server, port, endpoints });
  }

  async put(name: string, text: string): Promise<CatalogFile> {
    const source = (async function* () {
      yield Buffer.from(text);
    })();
    const file = await this.library.receive({ name, source });
    await this.dht.publish();
    return file;
  }

  async ask<Answer>(path: string, method: 'GET' | 'POST' | 'DELETE' = 'GET', body?: unknown) {
    const answer = await request(this.origin + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: answer.statusCode, json: (await answer.body.json()) as Answer & { code?: string } };
  }

  async close(): Promise<void> {
    await closeServer(this.server, 0);
    await this.library.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
