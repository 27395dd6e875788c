/** Requests and replies, each kept once: a message in flight is a number. */
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';
import { lifeOf } from './clone.ts';
import { Intern } from './intern.ts';
import type { RequestNumbers } from './projection.ts';

export interface Request {
  readonly kind: 'request';
  readonly from: Contact;
  readonly to: Contact;
  /** The sender's number for it. */
  readonly requestId: number;
  readonly request: RingRequest;
}

interface Reply {
  readonly kind: 'reply';
  readonly from: Contact;
  readonly to: Contact;
  readonly requestId: number;
  readonly reply: RingReply;
}

export type Message = Request | Reply;

export class MessageTable implements RequestNumbers {
  private readonly messages = new Intern<Message>();
  private readonly meanings = new Intern<string>();

  numberOf(meaning: string): number {
    return this.meanings.numberFor(meaning, () => meaning);
  }

  /** What the requests of this number say. */
  meaning(number: number): string {
    return this.meanings.get(number);
  }

  request(from: Contact, to: Contact, requestId: number, request: RingRequest): number {
    const text = `?${lifeOf(from)}>${lifeOf(to)} ${requestId} ${textOfRequest(request)}`;
    return this.messages.numberFor(text, () => ({ kind: 'request', from, to, requestId, request }));
  }

  reply(from: Contact, to: Contact, requestId: number, reply: RingReply): number {
    const text = `!${lifeOf(from)}>${lifeOf(to)} ${requestId} ${textOfReply(reply)}`;
    return this.messages.numberFor(text, () => ({ kind: 'reply', from, to, requestId, reply }));
  }

  get(number: number): Message {
    return this.messages.get(number);
  }

  get size(): number {
    return this.messages.size;
  }
}

export function textOfRequest(request: RingRequest): string {
  switch (request.type) {
    case 'pingVia':
      return `pingVia ${lifeOf(request.target)}`;
    case 'bestPredecessor':
      return `bestPredecessor ${request.id}`;
    case 'findOwner':
      return `findOwner ${request.key}`;
    case 'members':
      return `members ${request.digest} ${request.entries.map(({ contact, status }) => `${lifeOf(contact)}${status}`)}`;
    case 'neighbours':
      return request.notify === null ? 'neighbours' : `neighbours, ${request.notify}`;
    case 'notify':
      return `notify, ${request.standing}`;
    default:
      return request.type;
  }
}

export function textOfReply(reply: RingReply): string {
  switch (reply.type) {
    case 'pong':
      return `pong ${reply.joined ? 'joined' : 'not joined'}`;
    case 'pongVia':
      return `pongVia ${reply.answered}`;
    case 'bestPredecessor':
      return `bestPredecessor ${lifeOf(reply.best)} [${reply.successors.map(lifeOf)}]`;
    case 'neighbours':
      return `neighbours ${nameOf(reply.predecessor)} ${nameOf(reply.candidate)} [${reply.successors.map(lifeOf)}]`;
    case 'owner':
      return `owner ${nameOf(reply.predecessor)} [${reply.successors.map(lifeOf)}]`;
    case 'redirect':
      return `redirect [${reply.next.map(lifeOf)}]`;
    case 'members':
      return `members ${reply.digest} ${reply.entries.map(({ contact, status }) => `${lifeOf(contact)}${status}`)}`;
    default:
      return reply.type;
  }
}

function nameOf(contact: Contact | null): string {
  return contact === null ? '-' : lifeOf(contact);
}
