/** What every test of a download needs: a made file, holders of it, and a folder of its own to fetch it into. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { type Downloaded, type DownloadFile, type DownloadOptions, download } from './download.ts';
import {
  HolderServer,
  headersFrom,
  type MadeFile,
  type Mischief,
  makeFile,
  sendFrom,
} from './holder-server.test-support.ts';

export const MIB = 1_048_576;
export const SIZE = 5 * MIB + 123;
export const NEVER = new AbortController().signal;

export class DownloadFixture {
  folder = '';
  /** Where the file is to be. */
  path = '';
  readonly #servers: HolderServer[] = [];
  #file: MadeFile | null = null;

  constructor() {
    before(() => {
      this.#file = makeFile('download', SIZE);
    });
    beforeEach(async () => {
      this.folder = await mkdtemp(join(tmpdir(), 'anillo-transfer-'));
      this.path = join(this.folder, 'got.bin');
    });
    afterEach(async () => {
      await Promise.all(this.#servers.splice(0).map((server) => server.stop()));
      await rm(this.folder, { recursive: true });
    });
  }

  get file(): MadeFile {
    return this.#file ?? assert.fail('the file is made before the tests');
  }

  async serve(mischief?: Mischief, made = this.file): Promise<HolderServer> {
    const server = await HolderServer.start(made, mischief);
    this.#servers.push(server);
    return server;
  }

  /** An address where nobody listens any more. */
  async goneHolder(): Promise<{ id: string; address: string }> {
    const server = await HolderServer.start(this.file);
    const { holder } = server;
    await server.stop();
    return holder;
  }

  from(...holders: HolderServer[]): DownloadFile {
    return { name: 'got.bin', cid: this.file.cid, providers: holders.map(({ holder }) => holder) };
  }

  get(
    wanted: DownloadFile,
    more: Pick<DownloadOptions, 'stallTimeoutMs' | 'onBytes' | 'onBad'> = {},
  ): Promise<Downloaded> {
    return download(wanted, { path: this.path, sync: false, signal: NEVER, ...more });
  }

  async isWhole(): Promise<void> {
    assert.ok((await readFile(this.path)).equals(this.file.bytes), 'the bytes are those of the file');
    assert.deepEqual(await readdir(this.folder), ['got.bin']);
  }

  /** Sends everything with one bit wrong in each of these bytes. */
  corrupted(...places: number[]): Mischief {
    return (_request, response, start, end) => {
      if (start < 0) return false;
      const bytes = Buffer.from(this.file.bytes);
      for (const place of places) bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      sendFrom(response, bytes, start, end);
      return true;
    };
  }

  /** A holder that sends one piece and a bit of another, and ends the connection when the receiver has told of the piece. */
  cutting(): { mischief: Mischief; onBytes: () => void } {
    let connection: ServerResponse | null = null;
    return {
      mischief: (_request, response, start) => {
        if (start !== 0) return false;
        connection = response;
        response.writeHead(200, headersFrom(SIZE, 0)).write(this.file.bytes.subarray(0, MIB + 5));
        return true;
      },
      onBytes: () => connection?.destroy(),
    };
  }
}

export function fails(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Problem && (error.code === code || assert.fail(error));
}
