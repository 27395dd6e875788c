/**
 * Where the services of a node listen, when they are processes of their own: each writes `DATA/services/<service>.json`;
 * the DHT service signs what it reads there, the index service passes older routes on by it. A process that was killed
 * leaves its file: it is expected back at the same place.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import type { Endpoints } from '../identity/descriptor.ts';
import { writeDurably } from '../storage/durable-file.ts';
import { SERVICES, type ServiceName } from './configuration-schema.ts';

const EndpointFile = Type.Object({
  service: Type.String(),
  endpoint: Type.String({ minLength: 3, maxLength: 261 }),
  pid: Type.Integer(),
  /** Unix milliseconds. */
  startedAt: Type.Integer(),
});
type EndpointFile = Static<typeof EndpointFile>;

export function readEndpoints(dataDir: string): Endpoints {
  const [dht = null, index = null, upload = null, download = null, messaging = null] = SERVICES.map(
    (service) => readEndpoint(dataDir, service)?.endpoint ?? null,
  );
  return { dht, index, upload, download, messaging };
}

/** @param endpoint `host:port` */
export async function writeEndpoint(dataDir: string, service: ServiceName, endpoint: string): Promise<void> {
  mkdirSync(join(dataDir, 'services'), { recursive: true, mode: 0o700 });
  const content: EndpointFile = { service, endpoint, pid: process.pid, startedAt: Date.now() };
  await writeDurably(fileOf(dataDir, service), `${JSON.stringify(content)}\n`);
}

/** A clean stop: unless another process has taken over meanwhile. */
export async function removeEndpoint(dataDir: string, service: ServiceName): Promise<void> {
  if (readEndpoint(dataDir, service)?.pid === process.pid)
    await rm(fileOf(dataDir, service), { force: true });
}

function readEndpoint(dataDir: string, service: ServiceName): EndpointFile | null {
  try {
    const content: unknown = JSON.parse(readFileSync(fileOf(dataDir, service), 'utf8'));
    return Value.Check(EndpointFile, content) ? content : null;
  } catch {
    // Not there, or not whole: that service has not been started.
    return null;
  }
}

function fileOf(dataDir: string, service: ServiceName): string {
  return join(dataDir, 'services', `${service}.json`);
}
