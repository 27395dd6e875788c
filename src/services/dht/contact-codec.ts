/** Identifiers, addresses and contacts between the wire and the ring: checked at the door, trusted inside. */
import type { Contact as WireContact } from '../../generated/anillo/ring/v1/ring.ts';
import { Problem } from '../../problems/problem.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact } from '../../ring/message.ts';

const ID_BYTES = 32;

/** The longest DNS name, brackets, a colon and five digits. */
export const ADDRESS_MAX = 261;
const ADDRESS = /^(?:\[[0-9a-f:.%]{2,45}\]|[a-z0-9._-]{1,253}):(\d{1,5})$/i;
const IDENTIFIER = /^[0-9a-f]{64}$/;

export function isAddress(text: string): boolean {
  if (text.length > ADDRESS_MAX) return false;
  const port = Number(ADDRESS.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}

export function isIdentifier(text: string): text is Identifier {
  return IDENTIFIER.test(text);
}

export function malformed(reason: string): Problem {
  return new Problem('bad_request', { reason });
}

export function encodeId(id: Identifier): Buffer {
  return Buffer.from(id, 'hex');
}

/** @throws Problem `bad_request` */
export function decodeId(bytes: Buffer): Identifier {
  if (bytes.length !== ID_BYTES) throw malformed('an identifier is not 32 bytes long');
  return bytes.toString('hex');
}

/** @throws Problem `bad_request` */
export function decodeIncarnation(incarnation: bigint): number {
  if (incarnation < 1n || incarnation > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw malformed('an incarnation is out of range');
  }
  return Number(incarnation);
}

export function encodeContact(contact: Contact): WireContact {
  return { id: encodeId(contact.id), incarnation: BigInt(contact.incarnation), address: contact.address };
}

/** @throws Problem `bad_request` */
export function decodeContact(wire: WireContact | undefined): Contact {
  if (wire === undefined) throw malformed('a contact is missing');
  if (!isAddress(wire.address)) throw malformed('an address is not host:port');
  return {
    id: decodeId(wire.id),
    incarnation: decodeIncarnation(wire.incarnation),
    address: wire.address,
  };
}

export function encodeOptional(contact: Contact | null) {
  return contact === null ? undefined : encodeContact(contact);
}

export function decodeOptional(wire: WireContact | undefined): Contact | null {
  return wire === undefined ? null : decodeContact(wire);
}
