/** What standard tools ask of every gRPC server: `grpc.health.v1.Health` and reflection over the contracts in `proto/`. */
import { readFileSync } from 'node:fs';
import type { Server } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { RingServiceClient } from '../../generated/anillo/ring/v1/ring.ts';

/** Beside the generated code, in a checkout and in the compiled package. */
const DESCRIPTORS = new URL('../../generated/descriptors.bin', import.meta.url);

/** The whole server, and the ring by its name, serve while the node is a ring member. */
const HEALTH_NAMES = ['', RingServiceClient.serviceName];

/** @returns how to say that the node is, or is not, a ring member */
export function addHealth(server: Server): (joined: boolean) => void {
  const health = new HealthImplementation(
    Object.fromEntries(HEALTH_NAMES.map((name) => [name, 'NOT_SERVING' as const])),
  );
  health.addToServer(server);
  return (joined) => {
    for (const name of HEALTH_NAMES) health.setStatus(name, joined ? 'SERVING' : 'NOT_SERVING');
  };
}

export function addReflection(server: Server): void {
  new ReflectionService(loadFileDescriptorSetFromBuffer(readFileSync(DESCRIPTORS))).addToServer(server);
}
