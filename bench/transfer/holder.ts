/**
 * A process that gives a library's files out by the node's own download service, held to a rate where one is given:
 * `node bench/transfer/holder.ts FOLDER [BYTES_PER_SECOND]`; prints its port, and at SIGUSR2 how many bytes it has sent.
 */
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { metered, RateLimit } from '../../src/client/rate-limit.ts';
import { Library } from '../../src/library/library.ts';
import { serveDownloads } from '../../src/services/download/download-service.ts';
import { listen } from '../../src/services/http/listen.ts';
import { createHttpServer } from '../../src/services/http/server.ts';

const [folder = '', rate = '0'] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const library = await Library.open({
  shareDir: join(folder, 'shared'),
  dataDir: join(folder, 'data'),
  log,
  reserveBytes: 0,
});
const server = await createHttpServer({ log, title: 'Holder', version: '1' });
if (rate !== '0') {
  const limit = new RateLimit(Number(rate), new AbortController().signal);
  server.addHook('onSend', async (_request, _reply, payload) =>
    payload instanceof Readable ? Readable.from(metered(payload, limit, () => {})) : payload,
  );
}
serveDownloads(server, { library });
let sentBefore = 0;
const sockets = new Set<Socket>();
server.server.on('connection', (socket: Socket) => {
  sockets.add(socket);
  socket.once('close', () => {
    sockets.delete(socket);
    sentBefore += socket.bytesWritten;
  });
});
process.on('SIGUSR2', () => {
  console.log([...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, sentBefore));
});
console.log(await listen(server, { host: '127.0.0.1', port: 0, insecure: false }));
