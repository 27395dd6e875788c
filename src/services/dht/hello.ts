/** The first words on a channel: who is there, of which network and version. Both sides check with the same rules. */
import type { HelloRequest, HelloResponse, SignedDescriptor } from '../../generated/anillo/ring/v1/ring.ts';
import { type NodeDescriptor, openDescriptor } from '../../identity/descriptor.ts';
import {
  NETWORK_ID_BYTES,
  PROTOCOL_MAJOR,
  PROTOCOL_MINOR,
  PROTOCOL_VERSION,
} from '../../identity/protocol.ts';
import { Problem } from '../../problems/problem.ts';
import type { Contact } from '../../ring/message.ts';
import { isAddress, malformed } from './contact-codec.ts';

/** What either side says. @param networkId 64 hexadecimal digits, or '' from one that has no network yet */
export function makeHello(networkId: string, descriptor: SignedDescriptor | undefined): HelloRequest {
  return {
    networkId: Buffer.from(networkId, 'hex'),
    protocolMajor: PROTOCOL_MAJOR,
    protocolMinor: PROTOCOL_MINOR,
    descriptor,
  };
}

/** Both sides of a handshake, in the words of the one that checks. */
export interface Parties {
  readonly theirs: string;
  readonly ours: string;
  readonly address: string;
}

/** An unknown minor is accepted, another major refused. @throws Problem `other_version` */
export function checkVersion(hello: HelloRequest | HelloResponse, address: string): void {
  if (hello.protocolMajor === PROTOCOL_MAJOR) return;
  const theirs = `${hello.protocolMajor}.${hello.protocolMinor}`;
  throw new Problem('other_version', { address, theirs, ours: PROTOCOL_VERSION });
}

/** The network that a Hello names, 64 hexadecimal digits. @throws Problem `bad_request` */
export function networkOf(hello: HelloRequest | HelloResponse): string {
  if (hello.networkId.length !== NETWORK_ID_BYTES) throw malformed('a network id is not 32 bytes long');
  return hello.networkId.toString('hex');
}

/** @throws Problem `other_network` */
export function checkNetwork({ theirs, ours, address }: Parties): void {
  if (theirs !== ours) throw new Problem('other_network', { address, theirs, ours });
}

/** A descriptor that holds, is of the network, and says where its DHT service listens. @throws Problem `bad_request` */
export function readDescriptor(signed: SignedDescriptor | undefined, networkId: string): NodeDescriptor {
  const descriptor = signed === undefined ? null : openDescriptor(signed, Date.now());
  if (descriptor === null || descriptor.networkId !== networkId) {
    throw malformed('a descriptor is missing, expired, or its signature does not hold');
  }
  if (descriptor.incarnation < 1 || !isAddress(descriptor.endpoints.dht ?? '')) {
    throw malformed('a descriptor does not say where its DHT service is');
  }
  return descriptor;
}

/** Where and which life of a node a descriptor (as `readDescriptor` gives it) speaks of. */
export function contactOf(descriptor: NodeDescriptor): Contact {
  return { id: descriptor.id, incarnation: descriptor.incarnation, address: descriptor.endpoints.dht ?? '' };
}
