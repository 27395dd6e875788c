import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { type DownloadFile, download } from './download.ts';
import {
  HolderServer,
  headersFrom,
  type MadeFile,
  type Mischief,
  makeFile,
  sendFrom,
} from './holder-server.test-support.ts';

const MIB = 1_048_576;
const SIZE = 5 * MIB + 123;

let file: MadeFile;
let folder: string;
let path: string;
const servers: HolderServer[] = [];
const never = new AbortController().signal;

before(() => {
  file = makeFile('download', SIZE);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anillo-transfer-'));
  path = join(folder, 'got.bin');
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

async function serve(mischief?: Mischief, made = file): Promise<HolderServer> {
  const server = await HolderServer.start(made, mischief);
  servers.push(server);
  return server;
}

function from(...holders: HolderServer[]): DownloadFile {
  return { name: 'got.bin', cid: file.cid, providers: holders.map(({ holder }) => holder) };
}

function get(
  wanted: DownloadFile,
  more: { stallTimeoutMs?: number; onBytes?: (bytes: number) => void } = {},
) {
  return download(wanted, { path, sync: false, signal: never, ...more });
}

async function isWhole(): Promise<void> {
  assert.ok((await readFile(path)).equals(file.bytes), 'the bytes are those of the file');
  assert.deepEqual(await readdir(folder), ['got.bin']);
}

function fails(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Problem && (error.code === code || assert.fail(error));
}

const corrupted = (at: number): Mischief => {
  return (_request, response, start) => {
    if (start < 0) return false;
    const bytes = Buffer.from(file.bytes);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    sendFrom(response, bytes, start);
    return true;
  };
};

/** A holder that sends one piece and a bit of another, and ends the connection when the receiver has told of the piece. */
function cutting(): { mischief: Mischief; onBytes: () => void } {
  let connection: ServerResponse | null = null;
  return {
    mischief: (_request, response, start) => {
      if (start !== 0) return false;
      connection = response;
      response.writeHead(200, headersFrom(SIZE, 0)).write(file.bytes.subarray(0, MIB + 5));
      return true;
    },
    onBytes: () => connection?.destroy(),
  };
}

describe('a download from one holder', () => {
  it('has every byte, tells of each once, and leaves nothing beside the file', async () => {
    let told = 0;
    const result = await download(from(await serve()), {
      path,
      sync: true,
      signal: never,
      onBytes: (bytes) => {
        told += bytes;
      },
    });
    assert.deepEqual(
      { bytes: result.bytes, resumedBytes: result.resumedBytes },
      { bytes: SIZE, resumedBytes: 0 },
    );
    assert.equal(told, SIZE);
    await isWhole();
  });

  it('works for no bytes, one byte, one whole piece, and whole pieces only', async () => {
    for (const size of [0, 1, MIB, MIB + 1, 3 * MIB]) {
      const made = makeFile(`size ${size}`, size);
      const server = await serve(undefined, made);
      await download(
        { name: 'x', cid: made.cid, providers: [server.holder] },
        { path, sync: false, signal: never },
      );
      assert.ok((await readFile(path)).equals(made.bytes), `${size} bytes`);
    }
  });

  it('goes to a stream in order, without ending it', async () => {
    const chunks: Buffer[] = [];
    const stream = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        chunks.push(Buffer.from(chunk));
        setImmediate(done);
      },
    });
    const cut = cutting();
    await download(from(await serve(cut.mischief)), { stream, signal: never, onBytes: cut.onBytes });
    assert.ok(Buffer.concat(chunks).equals(file.bytes));
    assert.equal(stream.writableEnded, false);
  });

  it('waits for what the limit asks', async () => {
    let taken = 0;
    const limit = {
      take: async (bytes: number) => {
        taken += bytes;
      },
    };
    await download(from(await serve()), { path, sync: false, signal: never, limit });
    assert.equal(taken, SIZE);
    await isWhole();
  });

  it('asks a busy one again', async () => {
    let refused = 0;
    const server = await serve((_request, response, start) => {
      if (start < 0 || refused >= 2) return false;
      refused += 1;
      response.writeHead(503, { 'retry-after': '0' }).end();
      return true;
    });
    await get(from(server));
    assert.equal(refused, 2);
    await isWhole();
  });

  it('that cuts the connection goes on where it was cut', async () => {
    const cut = cutting();
    const server = await serve(cut.mischief);
    await get(from(server), { onBytes: cut.onBytes });
    assert.deepEqual(server.starts, [0, MIB]);
    await isWhole();
  });
});

describe('a download from several holders', () => {
  it('takes the rest from the next when a piece of the first is corrupt', async () => {
    const [liar, honest] = [await serve(corrupted(3 * MIB + 7)), await serve()];
    await get(from(liar, honest));
    assert.deepEqual(liar.starts, [0]);
    assert.deepEqual(honest.starts, [3 * MIB]);
    await isWhole();
  });

  it('passes over one that is away, one that does not have it, one that is editing, and one that redirects', async () => {
    const gone = await serve();
    const address = gone.holder.address;
    await gone.stop();
    servers.splice(servers.indexOf(gone), 1);
    const answers = [404, 409, 302].map((code) =>
      serve((_request, response) => {
        response.writeHead(code, { location: `http://${address}/` }).end();
        return true;
      }),
    );
    const rest = await Promise.all([...answers, serve()]);
    const wanted = from(...rest);
    await get({ ...wanted, providers: [{ id: 'gone', address }, ...wanted.providers] });
    await isWhole();
  });

  it('passes over one that falls silent, in its head or in the middle', async () => {
    const silent = await serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write(file.bytes.subarray(0, MIB + 5));
      return true;
    });
    const mute = await serve(() => true);
    await get(from(mute, silent, await serve()), { stallTimeoutMs: 1000 });
    await isWhole();
  });

  it('passes over one that answers with other lengths or ranges', async () => {
    const short = await serve((_request, response, start) => {
      if (start < 0) return false;
      sendFrom(response, file.bytes.subarray(0, SIZE - 1), start);
      return true;
    });
    const deaf = await serve((_request, response, start) => {
      if (start < 1) return false;
      response.writeHead(200, headersFrom(SIZE, 0)).end(file.bytes);
      return true;
    });
    const cut = cutting();
    await get(from(short, await serve(cut.mischief), deaf, await serve()), { onBytes: cut.onBytes });
    assert.equal(deaf.starts.length, 1);
    await isWhole();
  });

  it('passes over one that sends a wrong node, or one without end', async () => {
    const wrongNode = await serve((_request, response, start) => {
      if (start >= 0) return false;
      response.end('no node at all');
      return true;
    });
    const endless = await serve((_request, response, start) => {
      if (start >= 0) return false;
      const block = Buffer.alloc(MIB);
      const more = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
      return true;
    });
    await get(from(wrongNode, endless, await serve()));
    await isWhole();
  });
});

describe('a download that cannot be done', () => {
  it('leaves nothing when all holders lie, and says so with exit code 6', async () => {
    const liars = [await serve(corrupted(MIB + 1)), await serve(corrupted(3 * MIB))];
    await assert.rejects(
      get(from(...liars)),
      (error) => fails('verification_failed')(error) && (error as Problem).exitCode === 6,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('says no_provider when none is reached or none has it, and leaves no empty file', async () => {
    const missing = await serve((_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    await assert.rejects(get(from(missing)), fails('no_provider'));
    await assert.rejects(get(from()), fails('no_provider'));
    assert.deepEqual(await readdir(folder), []);
  });

  it('keeps an older file under the name as it was', async () => {
    await writeFile(path, 'older');
    await assert.rejects(get(from(await serve(corrupted(0)))), fails('verification_failed'));
    assert.equal(await readFile(path, 'utf8'), 'older');
  });

  it('says changed when the only holder is editing the file', async () => {
    const editing = await serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(409).end();
      return true;
    });
    await assert.rejects(get(from(editing)), fails('changed'));
  });

  it('gives up at one that cuts every time without bringing a piece', async () => {
    const cutting = await serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write('x', () => response.destroy());
      return true;
    });
    await assert.rejects(get(from(cutting)), fails('no_provider'));
    assert.equal(cutting.starts.length, 2);
  });

  it('into a folder that is not there says where', async () => {
    path = join(folder, 'absent', 'file');
    await assert.rejects(get(from(await serve())), fails('cannot_write'));
  });

  it('stops at the signal and keeps what it has for the next run', async () => {
    const controller = new AbortController();
    const stalling = await serve((_request, response, start) => {
      if (start < 0) return false;
      response.writeHead(200, headersFrom(SIZE, 0));
      response.write(file.bytes.subarray(0, 2 * MIB + 1));
      return true;
    });
    const options = {
      path,
      sync: false,
      signal: controller.signal,
      onBytes: () => {
        if (stalling.starts.length > 0 && ++told === 2) controller.abort();
      },
    };
    let told = 0;
    await assert.rejects(download(from(stalling), options), fails('interrupted'));
    assert.deepEqual((await readdir(folder)).length, 1);
    const honest = await serve();
    assert.equal((await get(from(honest))).resumedBytes, 2 * MIB);
    assert.deepEqual(honest.starts, [2 * MIB]);
    await isWhole();
  });
});

describe('what an earlier run left', () => {
  it('counts only as far as it verifies', async () => {
    await partWith(Buffer.concat([file.bytes.subarray(0, 3 * MIB), Buffer.from('not the file')]));
    const honest = await serve();
    assert.equal((await get(from(honest))).resumedBytes, 3 * MIB);
    assert.deepEqual(honest.starts, [3 * MIB]);
    await isWhole();
  });

  it('that was spoilt in the middle is fetched again from there', async () => {
    const bytes = Buffer.from(file.bytes);
    bytes.writeUInt8(bytes.readUInt8(MIB + 3) ^ 255, MIB + 3);
    await partWith(Buffer.concat([bytes, Buffer.alloc(MIB)]));
    const honest = await serve();
    assert.equal((await get(from(honest))).resumedBytes, MIB);
    await isWhole();
  });

  it('whole already, needs no holder for its bytes', async () => {
    await partWith(file.bytes);
    const honest = await serve();
    assert.equal((await get(from(honest))).resumedBytes, SIZE);
    assert.deepEqual(honest.starts, []);
    await isWhole();
  });

  it('of another content under the same name is thrown away', async () => {
    const other = makeFile('another', 2 * MIB);
    await partWith(other.bytes.subarray(0, MIB), other);
    await get(from(await serve()));
    await isWhole();
  });

  it('is shared by two downloads of the same content at once without harm', async () => {
    const server = await serve();
    await Promise.all([get(from(server)), get(from(server)), get(from(server))]);
    await isWhole();
  });

  /** A part as an interrupted run leaves it, but with these bytes in it. */
  async function partWith(bytes: Uint8Array, made = file): Promise<void> {
    const server = await serve(undefined, made);
    const wanted = { name: 'x', cid: made.cid, providers: [server.holder] };
    await assert.rejects(
      download(wanted, { path, sync: false, signal: never, limit: stopAfter(2 * MIB) }),
      /enough/,
    );
    const [name = ''] = await readdir(folder);
    assert.ok(name.startsWith('.anillo-part-'));
    await writeFile(join(folder, name), bytes);
  }
});

/** Throws when more than `bytes` have passed. */
function stopAfter(bytes: number): { take(more: number): Promise<void> } {
  let left = bytes;
  return {
    take: async (more) => {
      left -= more;
      if (left <= 0) throw new Error('enough');
    },
  };
}
