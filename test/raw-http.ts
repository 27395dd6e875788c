/** HTTP as it goes over the wire, for requests that no client library would send. */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** Writes `text` to the server of `url` and, unless `hangUp`, reads the answer until the server closes or is done. */
export function sendRaw(url: string, text: string, hangUp = false): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.once('connect', () => {
      socket.write(text, () => {
        if (hangUp) socket.destroy();
      });
    });
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1] ?? 0);
      resolve({ status, body: received.slice(received.indexOf('\r\n\r\n') + 4) });
    });
  });
}
