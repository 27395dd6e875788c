/**
 * The form that messages take on the wire. This room knows only ring and records, so whoever starts a run hands the codec
 * in; what the receiver gets is what came out of it.
 */
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';

interface CarriedRequest {
  readonly from: Contact;
  readonly toIncarnation: number;
  readonly request: RingRequest;
  readonly bytes: number;
}

interface CarriedReply {
  readonly from: Contact;
  readonly reply: RingReply;
  readonly bytes: number;
}

/** Each encodes and decodes again. What cannot be carried throws: here that is a bug. */
export interface MessageCodec {
  carryRequest(from: Contact, to: Contact, request: RingRequest): CarriedRequest;
  carryReply(from: Contact, reply: RingReply): CarriedReply;
}
