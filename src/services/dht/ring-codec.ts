/** Who says what to whom on the ring, between the wire and the types of the core: the ends of a message around what it says. */
import { ExchangeRequest, ExchangeResponse } from '../../generated/anillo/ring/v1/ring.ts';
import type { Identifier } from '../../ring/identifier.ts';
import type { Contact, RingReply, RingRequest } from '../../ring/message.ts';
import {
  decodeContact,
  decodeId,
  decodeIncarnation,
  encodeContact,
  encodeId,
  encodeOptional,
  malformed,
} from './contact-codec.ts';
import { decodeReply, decodeRequest, encodeReply, encodeRequest } from './ring-message-codec.ts';

/** Longest encoded message of the ring and of the local interface. */
export const CONTROL_MAX_BYTES = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);

/** A request with whom it is from and which life of which node it is for. */
export interface Exchange {
  readonly from: Contact;
  readonly toId: Identifier;
  /** 0 when the sender knows only the address. */
  readonly toIncarnation: number;
  readonly request: RingRequest;
  /** Its marks named both ends: so does the answer. */
  readonly isBrief: boolean;
}

/** The marks of lives that have said Hello, as the receiver of a request knows them. */
export interface KnownLives {
  readonly self: Contact;
  readonly own: bigint;
  contact(mark: bigint): Contact | null;
}

export interface Answer {
  readonly from: Contact;
  readonly reply: RingReply;
}

export function encodeExchange(networkTag: bigint, from: Contact, to: Contact, request: RingRequest): Buffer {
  return Buffer.from(
    ExchangeRequest.encode({
      networkTag,
      from: encodeContact(from),
      toId: encodeId(to.id),
      toIncarnation: BigInt(to.incarnation),
      fromMark: 0n,
      toMark: 0n,
      request: encodeRequest(request),
    }).finish(),
  );
}

/** The same between lives that have said Hello to each other: their marks say who sends it to whom. */
export function encodeBriefly(fromMark: bigint, toMark: bigint, request: RingRequest): Buffer {
  const nobody = { networkTag: 0n, from: undefined, toId: NO_BYTES, toIncarnation: 0n };
  return Buffer.from(
    ExchangeRequest.encode({ ...nobody, fromMark, toMark, request: encodeRequest(request) }).finish(),
  );
}

/** What a receiver answers that does not know the marks: say it in full. No other answer is empty. */
export const STRANGER = Buffer.alloc(0);

/** @throws Problem `bad_request`; null when it is for another network, `stranger` when its marks are not known. */
export function decodeExchange(
  bytes: Uint8Array,
  networkTag: bigint,
  lives: KnownLives | null = null,
): Exchange | 'stranger' | null {
  const wire = read(() => ExchangeRequest.decode(bytes), bytes);
  if (wire.toMark !== 0n) {
    const from = lives?.own === wire.toMark ? lives.contact(wire.fromMark) : null;
    if (lives === null || from === null) return 'stranger';
    const { id, incarnation } = lives.self;
    return {
      from,
      toId: id,
      toIncarnation: incarnation,
      request: decodeRequest(wire.request),
      isBrief: true,
    };
  }
  if (wire.networkTag !== networkTag) return null;
  return {
    from: decodeContact(wire.from),
    toId: decodeId(wire.toId),
    toIncarnation: wire.toIncarnation === 0n ? 0 : decodeIncarnation(wire.toIncarnation),
    request: decodeRequest(wire.request),
    isBrief: false,
  };
}

/** @param from null in answer to a request with marks: the life that it names */
export function encodeAnswer(from: Contact | null, reply: RingReply): Buffer {
  return Buffer.from(
    ExchangeResponse.encode({ from: encodeOptional(from), reply: encodeReply(reply) }).finish(),
  );
}

/** @param asked the life that the request's marks named, if it had any. @throws Problem `bad_request` */
export function decodeAnswer(bytes: Uint8Array, asked: Contact | null = null): Answer {
  const wire = read(() => ExchangeResponse.decode(bytes), bytes);
  const from = wire.from === undefined && asked !== null ? asked : decodeContact(wire.from);
  return { from, reply: decodeReply(wire.reply) };
}

function read<Wire>(decode: () => Wire, bytes: Uint8Array): Wire {
  if (bytes.length > CONTROL_MAX_BYTES) throw malformed('the message is too long');
  try {
    return decode();
  } catch {
    throw malformed('the message cannot be decoded');
  }
}
