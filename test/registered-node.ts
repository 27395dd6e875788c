/** A process that does nothing but keep itself registered: `node registered-node.ts DATA NETWORK-ID PORTMAPPER-URL…`. */
import { pino } from 'pino';
import { signDescriptor } from '../src/identity/descriptor.ts';
import { beginIncarnation } from '../src/identity/incarnation.ts';
import { loadNodeKey } from '../src/identity/node-key.ts';
import { startRegistration } from '../src/services/dht/registration.ts';

const HOUR_MS = 3_600_000;
const [dataDir = '', networkId = '', ...portmappers] = process.argv.slice(2);
const key = await loadNodeKey(dataDir);
const incarnation = await beginIncarnation(dataDir, Date.now());
const descriptor = signDescriptor(key, {
  networkId,
  incarnation,
  endpoints: { dht: '127.0.0.1:1', index: '127.0.0.1:2', upload: null, download: null, messaging: null },
  labels: {},
  version: '0.0.0',
  expiresAtMs: Date.now() + HOUR_MS,
});
const registration = startRegistration({
  portmappers,
  key,
  networkId,
  incarnation,
  descriptor: () => descriptor,
  report: () => ({ files: 0, bytes: 0, freeBytes: 0, insecure: false }),
  isJoined: () => true,
  onAnswer: () => undefined,
  onRefused: (problem) => process.stderr.write(`${problem.message}\n`),
  log: pino({ level: 'silent' }),
});
process.once('SIGTERM', () => void registration.stop({ leaving: true }));
