/**
 * The signed descriptor: who a node is and where its services listen, in one life of it. Others can pass it on, not
 * invent it. The signed bytes travel as they were signed, so a newer minor's unknown fields keep their signature.
 */
import { Descriptor, type SignedDescriptor } from '../generated/anillo/ring/v1/ring.ts';
import { type NodeKey, nodeIdOf, verifySignature } from './node-key.ts';
import { PROTOCOL_MAJOR, PROTOCOL_MINOR } from './protocol.ts';

const DOMAIN = 'anillo-descriptor-v1\0';
const LABELS_MAX = 32;
const TEXT_MAX = 255;
const DESCRIPTOR_MAX_BYTES = 16 * 1024;

/** Each `host:port` (`[v6]:port`), or null where no process of the node runs that service. */
export interface Endpoints {
  readonly dht: string | null;
  readonly index: string | null;
  readonly upload: string | null;
  readonly download: string | null;
  readonly messaging: string | null;
}

export interface NodeDescriptor {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly incarnation: number;
  readonly endpoints: Endpoints;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

export type DescriptorDraft = Omit<NodeDescriptor, 'id' | 'publicKey' | 'protocolMajor' | 'protocolMinor'>;

export function signDescriptor(key: NodeKey, draft: DescriptorDraft): SignedDescriptor {
  const networkId = Buffer.from(draft.networkId, 'hex');
  const { dht, index, upload, download, messaging } = draft.endpoints;
  const descriptor = Descriptor.encode({
    id: Buffer.from(key.id, 'hex'),
    networkId,
    publicKey: Buffer.from(key.publicKey),
    incarnation: BigInt(draft.incarnation),
    endpoints: {
      dht: dht ?? '',
      index: index ?? '',
      upload: upload ?? '',
      download: download ?? '',
      messaging: messaging ?? '',
    },
    tlsKeyHash: Buffer.alloc(0),
    labels: { ...draft.labels },
    version: draft.version,
    expiresAtMs: BigInt(draft.expiresAtMs),
    protocolMajor: PROTOCOL_MAJOR,
    protocolMinor: PROTOCOL_MINOR,
    credential: Buffer.alloc(0),
  }).finish();
  return {
    descriptor: Buffer.from(descriptor),
    signature: Buffer.from(key.sign(DOMAIN, networkId, descriptor)),
  };
}

/** The descriptor if its signature, identifier, bounds and expiry hold at `nowMs` (Unix milliseconds), else null. */
export function openDescriptor(signed: SignedDescriptor, nowMs: number): NodeDescriptor | null {
  if (signed.descriptor.length > DESCRIPTOR_MAX_BYTES) return null;
  const wire = decode(signed.descriptor);
  if (wire === null || wire.networkId.length !== 32) return null;
  if (!verifySignature(wire.publicKey, signed.signature, DOMAIN, wire.networkId, signed.descriptor))
    return null;
  const descriptor = fromWire(wire);
  const holds =
    descriptor.id === nodeIdOf(wire.publicKey) &&
    Number.isSafeInteger(descriptor.incarnation) &&
    descriptor.expiresAtMs > nowMs &&
    Object.keys(descriptor.labels).length <= LABELS_MAX &&
    texts(descriptor).every((text) => text.length <= TEXT_MAX);
  return holds ? descriptor : null;
}

function decode(bytes: Uint8Array): Descriptor | null {
  try {
    return Descriptor.decode(bytes);
  } catch {
    return null;
  }
}

function fromWire(wire: Descriptor): NodeDescriptor {
  const endpoints = wire.endpoints;
  return {
    id: wire.id.toString('hex'),
    networkId: wire.networkId.toString('hex'),
    publicKey: wire.publicKey,
    incarnation: Number(wire.incarnation),
    endpoints: {
      dht: endpoints?.dht || null,
      index: endpoints?.index || null,
      upload: endpoints?.upload || null,
      download: endpoints?.download || null,
      messaging: endpoints?.messaging || null,
    },
    labels: wire.labels,
    version: wire.version,
    protocolMajor: wire.protocolMajor,
    protocolMinor: wire.protocolMinor,
    expiresAtMs: Number(wire.expiresAtMs),
  };
}

function texts(descriptor: NodeDescriptor): string[] {
  const { labels, endpoints, version } = descriptor;
  return [
    version,
    ...Object.keys(labels),
    ...Object.values(labels),
    ...Object.values(endpoints).filter((endpoint) => endpoint !== null),
  ];
}
