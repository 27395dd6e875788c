import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { type BodySink, HttpConnection, SinkFailure } from './http-connection.ts';
import { bodyLength } from './response-head.ts';

const TIMEOUTS = { connectMs: 5_000, stallMs: 5_000 };
const servers: Server[] = [];
const sockets = new Set<Socket>();
const connections: HttpConnection[] = [];

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.destroy();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A connection to a server that answers the n-th request with the n-th of `answers`, written part by part. */
async function connectTo(...answers: (readonly string[])[]): Promise<HttpConnection> {
  let next = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', async () => {
      for (const part of answers[next++] ?? []) {
        if (part === 'END') socket.end();
        else await new Promise((resolve) => socket.write(part, resolve));
      }
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const connection = new HttpConnection(`127.0.0.1:${(server.address() as AddressInfo).port}`, TIMEOUTS);
  connections.push(connection);
  return connection;
}

/** Takes a few bytes at a time, and each time has to be waited for. */
class SlowSink implements BodySink {
  text = '';
  readonly #bytes = Buffer.alloc(3);
  #asked = 0;
  readonly #max: number;

  constructor(max = Number.POSITIVE_INFINITY) {
    this.#max = max;
  }

  space(): Buffer | null | Promise<void> {
    if (this.text.length >= this.#max) return null;
    this.#asked += 1;
    return this.#asked % 2 === 0 ? this.#bytes : Promise.resolve();
  }

  filled(bytes: number): Promise<void> | undefined {
    this.text += this.#bytes.toString('latin1', 0, bytes);
    return this.#asked % 4 === 0 ? Promise.resolve() : undefined;
  }
}

async function get(connection: HttpConnection, sink: BodySink & { text: string }): Promise<string> {
  await connection.get('/', {}, (head) => ({ length: bodyLength(head) ?? -1, sink }));
  return sink.text;
}

const answer = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;

describe('a connection', () => {
  it('reads one answer after the other, whatever parts they come in', async () => {
    const one = answer('the first body');
    const connection = await connectTo([...one], [answer('')], [answer('the third')]);
    assert.equal(await get(connection, new SlowSink()), 'the first body');
    assert.equal(await get(connection, new SlowSink()), '');
    assert.equal(await get(connection, new SlowSink()), 'the third');
    assert.equal(sockets.size > 0, true);
  });

  it('that the other side closed in between is opened again, and once only', async () => {
    const connection = await connectTo([answer('first')], ['END'], [answer('second')], ['END']);
    assert.equal(await get(connection, new SlowSink()), 'first');
    assert.equal(await get(connection, new SlowSink()), 'second');
    const fresh = await connectTo(['END']);
    await assert.rejects(get(fresh, new SlowSink()), /closed/);
  });

  it('ends where the receiver has enough, and can be used after that', async () => {
    const connection = await connectTo([answer('more than is wanted')], [answer('again')]);
    assert.equal(await get(connection, new SlowSink(9)), 'more than');
    assert.equal(await get(connection, new SlowSink()), 'again');
  });

  it('fails on a body that is cut, one that is too long, and what is no HTTP', async () => {
    for (const parts of [
      [answer('whole').slice(0, -1), 'END'],
      [`${answer('body')}and more`],
      ['SMTP 220\r\n\r\n'],
      ['HTTP/1.1 200 OK\r\nx'.padEnd(70_000, 'x')],
    ]) {
      await assert.rejects(
        get(await connectTo(parts), new SlowSink()),
        (error) => !(error instanceof SinkFailure),
      );
    }
  });

  it('tells what the receiver threw from what the network did', async () => {
    const throwing = Object.assign(new SlowSink(), {
      filled: () => {
        throw new Error('the disk is full');
      },
    });
    await assert.rejects(get(await connectTo([answer('body')]), throwing), (error) => {
      return error instanceof SinkFailure && (error.cause as Error).message === 'the disk is full';
    });
  });
});
