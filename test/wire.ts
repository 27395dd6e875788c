/**
 * Loaded into the processes of a test network (`node --import`), not into their code: counts at the socket what goes over
 * their gRPC connections, and cuts connections where a test wants a partition. `wire-tap.ts` is the test's end of it: a
 * question in a file, SIGUSR2, the answer in a file.
 */
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { WireAnswer, WireQuestion } from './wire-tap.ts';

const folder = process.env.ANILLO_WIRE ?? '';
const grpcPorts = new Set(JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8')) as number[]);
const open = new Set<Socket>();
let cut = new Set<number>();
/** Of connections that are closed. */
let sentBytes = 0;
let receivedBytes = 0;
let connections = 0;

function follow(socket: Socket): void {
  open.add(socket);
  connections += 1;
  socket.once('close', () => {
    open.delete(socket);
    sentBytes += socket.bytesWritten;
    receivedBytes += socket.bytesRead;
  });
  if (cut.has(socket.remotePort ?? 0)) socket.destroy();
}

function answer(): void {
  const asked = JSON.parse(readFileSync(join(folder, `${process.pid}.asked`), 'utf8')) as WireQuestion;
  cut = new Set(asked.cut);
  const told: WireAnswer = { number: asked.number, sentBytes, receivedBytes, connections };
  for (const socket of open) {
    told.sentBytes += socket.bytesWritten;
    told.receivedBytes += socket.bytesRead;
    if (cut.has(socket.remotePort ?? 0)) socket.destroy();
  }
  const file = join(folder, `${process.pid}.told`);
  writeFileSync(`${file}.new`, JSON.stringify(told));
  renameSync(`${file}.new`, file);
}

if (isMainThread) {
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { socket: Socket };
    socket.once('connect', () => {
      if (grpcPorts.has(socket.remotePort ?? 0)) follow(socket);
    });
  });
  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket };
    if (grpcPorts.has(socket.localPort ?? 0)) follow(socket);
  });
  process.on('SIGUSR2', answer);
}
