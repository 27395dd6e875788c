/** The one port of the DHT service: opened, and closed again within a bound. */
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { Problem } from '../../problems/problem.ts';
import { formatAddress, listenProblem } from '../http/listen.ts';
import { MESSAGE_MAX_BYTES } from './peer-channel.ts';

/** Calls under way may end within this time. */
const DRAIN_MAX_MS = 1_000;

const SERVER_OPTIONS = {
  'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
  'grpc-node.flow_control_window': 8 * 1024 * 1024,
  // Callers that vanished without a word are let go.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
};

// It writes to stderr by itself, besides failing the call; every failure here is a problem, and logged as one.
setLogVerbosity(logVerbosity.NONE);

export interface GrpcListener {
  readonly server: Server;
  /** `host:port` as opened. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** @param port 0 takes any that is free. @throws Problem `port_taken`, `bad_configuration` (a host that is not this machine's) */
export async function openGrpcListener(host: string, port: number): Promise<GrpcListener> {
  const server = new Server(SERVER_OPTIONS);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(formatAddress(host, port), ServerCredentials.createInsecure(), (error, opened) => {
      if (error === null) resolve(opened);
      else reject(bindProblem(error, host, port));
    });
  });
  return { server, address: formatAddress(host, bound), port: bound, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, DRAIN_MAX_MS);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });
}

/** grpc-js keeps the system's code only in its message. */
function bindProblem(error: Error, host: string, port: number): unknown {
  const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(error.message)?.[1];
  if (code !== undefined) return listenProblem(Object.assign(error, { code }), host, port);
  const complaints = `cannot listen on ${formatAddress(host, port)}: ${error.message}`;
  return new Problem('bad_configuration', { complaints }, error);
}
