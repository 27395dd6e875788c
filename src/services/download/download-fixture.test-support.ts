/** A download service over a library of its own, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { request } from 'undici';
import type { CatalogFile } from '../../library/catalog-file.ts';
import { Library } from '../../library/library.ts';
import type { HttpServer } from '../http/http-server.ts';
import { closeServer, listen } from '../http/listen.ts';
import { createHttpServer } from '../http/server.ts';
import { serveDownloads } from './download-service.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export class DownloadFixture {
  readonly folder: string;
  readonly library: Library;
  readonly server: HttpServer;
  readonly origin: string;
  readonly port: number;

  private constructor(folder: string, library: Library, server: HttpServer, port: number) {
    this.folder = folder;
    this.library = library;
    this.server = server;
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async open(transfersMax?: number): Promise<DownloadFixture> {
    const log = pino({ level: 'silent' });
    const folder = mkdtempSync(join(tmpdir(), 'anillo-gateway-'));
    const library = await Library.open({
      shareDir: join(folder, 'shared'),
      dataDir: join(folder, 'data'),
      log,
    });
    const server = await createHttpServer({ log, title: 'Test', version: '1' });
    serveDownloads(server, { library, ...(transfersMax === undefined ? {} : { transfersMax }) });
    const port = await listen(server, { host: '127.0.0.1', port: 0, insecure: false });
    return new DownloadFixture(folder, library, server, port);
  }

  put(name: string, bytes: Uint8Array): Promise<CatalogFile> {
    return this.library.receive({
      name,
      source: (async function* () {
        yield bytes;
      })(),
    });
  }

  async get(
    path: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'HEAD' = 'GET',
  ): Promise<Answer> {
    const answer = await request(this.origin + path, { headers, method });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  /** Status and code of what is refused. */
  async refusal(path: string, headers: Record<string, string> = {}): Promise<[number, string]> {
    const { status, body } = await this.get(path, headers);
    return [status, (JSON.parse(body.toString()) as { code: string }).code];
  }

  async close(): Promise<void> {
    await closeServer(this.server, 0);
    await this.library.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
