/** HTTP as it goes over the wire, for requests that no client library would send. */
import { connect } from 'node:net';

const HOST = '127.0.0.1';
const ANSWER_TIMEOUT_MS = 10_000;

export interface RawAnswer {
  readonly status: number;
  /** Header lines, lower case. */
  readonly head: string;
  /** As latin1, so that a character is a byte. */
  readonly body: string;
}

/** Sends exactly these bytes and reads to the end of the connection. With `hangUp` the connection is cut after them. */
export function sendRaw(port: number, text: string, hangUp = false): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let received = '';
    socket.setEncoding('latin1');
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.once('connect', () => {
      socket.write(text, () => {
        if (hangUp) socket.destroy();
      });
    });
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => {
      const split = received.indexOf('\r\n\r\n');
      const head = received.slice(0, Math.max(0, split)).toLowerCase();
      resolve({
        status: Number(/^http\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
        head,
        body: received.slice(split + 4),
      });
    });
  });
}

/** A request line and headers that close the connection. */
export function requestHead(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ Host: HOST, Connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return [`${line} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

/** Names that would leave the shared folder, as they stand in a URL. */
export const ESCAPES: readonly string[] = [
  '../x',
  '..%2fx',
  '%2e%2e%2fx',
  '%2e%2e/x',
  '%252e%252e%252fx',
  'a/../../x',
  'a%2f..%2f..%2fx',
  '%2fetc%2fpasswd',
  '/etc/passwd',
  'a%00b',
  '.anillo/x',
  '.',
];
