/** For tests: one node of a cluster, and the server that counts the calls which reach it and may hold them back. */
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { RecordsServiceService } from '../../../generated/anillo/records/v1/records.ts';
import type { NodeKey } from '../../../identity/node-key.ts';
import type { Contact } from '../../../ring/message.ts';
import type { DictatedRing } from './dictated-ring.test-support.ts';
import type { PendingInMemory } from './pending-in-memory.ts';
import type { RunningRecords } from './records-service.ts';

export interface TestNode {
  readonly id: string;
  readonly contact: Contact;
  readonly records: RunningRecords;
  readonly pending: PendingInMemory;
  readonly dataDir: string;
  /** Calls that reached this node, by method. */
  readonly calls: Map<string, number>;
  /** Bytes of requests that reached this node. */
  bytesIn: number;
  /** Called with the method when a request arrives, before it is answered. */
  onRequest: (method: string) => void;
}

export interface Member extends TestNode {
  readonly key: NodeKey;
  readonly server: Server;
  readonly ring: DictatedRing;
  inRing: boolean;
  alive: boolean;
  /** Calls wait for it before they are answered. */
  held: PromiseWithResolvers<void> | null;
}

export function reservePort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/** Counts what arrives, then lets the service answer. */
export function serve(server: Server, { handlers }: RunningRecords, member: Member): void {
  const counted = Object.entries(RecordsServiceService).map(([name, method]) => [
    name,
    {
      ...method,
      requestDeserialize: (bytes: Buffer) => {
        member.calls.set(name, (member.calls.get(name) ?? 0) + 1);
        member.bytesIn += bytes.length;
        member.onRequest(name);
        return method.requestDeserialize(bytes);
      },
    },
  ]);
  server.addService(Object.fromEntries(counted), heldBack(handlers, member));
}

function heldBack(handlers: RunningRecords['handlers'], member: Member): RunningRecords['handlers'] {
  const held = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (...args: unknown[]) => {
      await member.held?.promise;
      return (handler as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(held);
}
