/**
 * One connection to a holder, for one GET after the other (HTTP/1.1, RFC 9112). The bytes of a body are read by the system
 * right into the memory that the receiver names. Measured with 1 GiB, hashed and written by threads: 1.1 s of CPU, where
 * undici's `request` took 4.4 (docs/decisions/0024-swarm.md).
 */
import { connect, type Socket } from 'node:net';
import { parseHead, type ResponseHead } from './response-head.ts';

/** A head beyond that is none. It also takes what comes of a body while the receiver has no place for it. */
const SCRATCH_BYTES = 65_536;

/** Takes the bytes of one body, in order. */
export interface BodySink {
  /** Where the next ones go; null: no more are wanted; a promise: wait for it, then ask again. */
  space(): Buffer | null | Promise<unknown>;
  /** So many stand in what `space` gave last; a promise: wait for it before the next. */
  filled(bytes: number): Promise<unknown> | undefined;
}

/** How much of a body is to come, and who takes it. */
export interface Body {
  readonly length: number;
  readonly sink: BodySink;
}

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte that was asked for. */
  readonly stallMs: number;
}

/** Keeps what the receiver threw apart from what the network did. */
export class SinkFailure extends Error {}

interface Exchange {
  readonly request: string;
  readonly begin: (head: ResponseHead) => Body | null;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class HttpConnection {
  readonly #address: string;
  readonly #timeouts: Timeouts;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #socket: Socket | null = null;
  /** Whether it has answered before: then it may have been closed by the other side meanwhile. */
  #used = false;
  #exchange: Exchange | null = null;
  #head = '';
  #body: Body | null = null;
  #persists = true;
  /** Bytes of the body that have not come. */
  #left = 0;
  /** Where the system reads to; the scratch when it is null. */
  #target: Buffer | null = null;
  /** Bytes of the body that stand in the scratch. */
  #spilt: Buffer | null = null;
  #waiting = false;

  /** @param address `host:port` */
  constructor(address: string, timeouts: Timeouts) {
    this.#address = address;
    this.#timeouts = timeouts;
  }

  /**
   * One exchange; no second one while it lasts. `begin` looks at the head, and says who takes the body: null for nobody.
   * Kept when the sink has all that it wants; whether it got that, it knows.
   * @throws SinkFailure; an Error when the connection fails or ends
   */
  get(path: string, headers: Readonly<Record<string, string>>, begin: Exchange['begin']): Promise<void> {
    if (this.#exchange !== null) throw new Error('one exchange at a time');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `GET ${path} HTTP/1.1\r\nhost: ${this.#address}\r\n${lines.join('')}\r\n`;
    return new Promise((resolve, reject) => {
      this.#exchange = { request, begin, resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  /** What is under way fails with `error`. */
  destroy(error: Error = new Error('it was given up')): void {
    const exchange = this.#exchange;
    this.#reset();
    exchange?.reject(error);
  }

  /** Whether it is the receiver for whom the other side waits. */
  get isWaiting(): boolean {
    return this.#waiting;
  }

  #open(): Socket {
    const { connectMs, stallMs } = this.#timeouts;
    const socket: Socket = connect({
      ...splitAddress(this.#address),
      noDelay: true,
      onread: {
        buffer: () => this.#target ?? this.#scratch,
        callback: (bytes, into) => this.#onRead(socket, bytes, into),
      },
    });
    this.#used = false;
    const timer = setTimeout(() => this.#end(socket, new Error('it does not answer')), connectMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.setTimeout(stallMs);
    });
    socket.on('timeout', () => {
      if (this.#waiting || this.#exchange === null) socket.setTimeout(stallMs);
      else this.#end(socket, new Error(`it was silent for ${stallMs / 1000} s`));
    });
    socket.on('error', (error) => this.#lose(socket, error));
    socket.on('close', () => {
      clearTimeout(timer);
      this.#lose(socket, new Error('the connection was closed'));
    });
    return socket;
  }

  #lose(socket: Socket, error: Error): void {
    const isStale = this.#used && this.#head === '' && this.#body === null;
    if (socket !== this.#socket || this.#exchange === null || !isStale) {
      this.#end(socket, error);
      return;
    }
    // It was closed while nobody used it, which is no failure of the other side.
    socket.destroy();
    this.#socket = this.#open();
    this.#socket.write(this.#exchange.request);
  }

  #end(socket: Socket, error: Error): void {
    if (socket === this.#socket) this.destroy(error);
    else socket.destroy();
  }

  /** False: read no more until `resume`. */
  #onRead(socket: Socket, bytes: number, into: Uint8Array): boolean {
    if (socket !== this.#socket) return false;
    this.#target = null;
    if (into !== this.#scratch) {
      this.#left -= bytes;
      return this.#tell(bytes) && this.#drain();
    }
    const chunk = this.#scratch.subarray(0, bytes);
    if (this.#body !== null) this.#spilt = chunk;
    else if (!this.#readHead(chunk)) return this.#socket !== null;
    return this.#drain();
  }

  /** True: the head is complete, and its body begins. */
  #readHead(chunk: Buffer): boolean {
    if (this.#exchange === null) {
      this.destroy();
      return false;
    }
    const searchFrom = Math.max(0, this.#head.length - 3);
    const before = this.#head.length;
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n', searchFrom);
    if (end < 0) {
      if (this.#head.length > SCRATCH_BYTES) this.destroy(new Error('its answer has no end of the head'));
      return false;
    }
    const head = parseHead(this.#head.slice(0, end));
    if (head === null) {
      this.destroy(new Error('its answer is no HTTP'));
      return false;
    }
    const body = this.#exchange.begin(head);
    if (body === null) {
      this.#finish(false);
      return false;
    }
    this.#body = body;
    this.#left = body.length;
    this.#persists = head.persists;
    this.#spilt = chunk.subarray(end + 4 - before);
    return true;
  }

  /** False: the receiver has to be waited for, or has failed. */
  #tell(bytes: number): boolean {
    try {
      const wait = this.#body?.sink.filled(bytes);
      if (wait === undefined) return true;
      this.#waitFor(wait);
    } catch (error) {
      this.destroy(new SinkFailure('the receiver failed', { cause: error }));
    }
    return false;
  }

  /** Hands on what stands in the scratch, then finds a place for the next bytes. False: not now, or no more. */
  #drain(): boolean {
    for (;;) {
      if (this.#body === null) return this.#socket !== null;
      const spilt = this.#spilt?.length ? this.#spilt : null;
      if (spilt !== null && spilt.length > this.#left) {
        this.destroy(new Error('it sent more than it said'));
        return false;
      }
      if (this.#left === 0) return this.#finish(this.#persists);
      const space = this.#body.sink.space();
      if (space === null) return this.#finish(false);
      if ('then' in space) {
        this.#waitFor(space);
        return false;
      }
      if (spilt === null) {
        this.#target = space.length > this.#left ? space.subarray(0, this.#left) : space;
        return true;
      }
      const taken = spilt.copy(space);
      this.#spilt = spilt.subarray(taken);
      this.#left -= taken;
      if (!this.#tell(taken)) return false;
    }
  }

  #waitFor(ready: Promise<unknown>): void {
    const exchange = this.#exchange;
    this.#waiting = true;
    ready.then(
      () => {
        if (exchange !== this.#exchange) return;
        this.#waiting = false;
        if (this.#drain()) this.#socket?.resume();
      },
      (cause) => {
        if (exchange === this.#exchange) this.destroy(new SinkFailure('the receiver failed', { cause }));
      },
    );
  }

  /** @returns whether more may be read */
  #finish(persists: boolean): boolean {
    const exchange = this.#exchange;
    if (persists) {
      this.#exchange = null;
      this.#body = null;
      this.#head = '';
      this.#spilt = null;
      this.#target = null;
      this.#used = true;
    } else this.#reset();
    exchange?.resolve();
    return persists;
  }

  #reset(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#exchange = null;
    this.#body = null;
    this.#head = '';
    this.#spilt = null;
    this.#target = null;
    this.#waiting = false;
    socket?.destroy();
  }
}

function splitAddress(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}
