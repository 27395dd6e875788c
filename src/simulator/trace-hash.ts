/** One number for a whole run: two runs that differ anywhere have different ones, the same seed gives the same. */
import type { Input } from '../ring/effect.ts';
import type { Contact, RingReply, RingRequest } from '../ring/message.ts';

const PRIME_A = 0x01000193;
const PRIME_B = 0x5bd1e995;

export class TraceHash {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;
  readonly #time = new Float64Array(1);
  readonly #words = new Int32Array(this.#time.buffer);

  /** Something happened to the node with this number. */
  note(timeMs: number, node: number, input: Input): void {
    this.#time[0] = timeMs;
    this.#mix(this.#words[0] as number);
    this.#mix(this.#words[1] as number);
    this.#mix(node);
    this.#mix(digestOf(input));
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hexadecimal(this.#a) + hexadecimal(this.#b);
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, PRIME_A);
    this.#b = Math.imul((this.#b ^ word) + (this.#a >>> 16), PRIME_B);
  }
}

function digestOf(input: Input): number {
  const start = textDigest(input.type);
  switch (input.type) {
    case 'request':
      return Math.imul(start ^ input.token, PRIME_A) ^ messageDigest(input.request);
    case 'reply':
      return Math.imul(start ^ input.requestId, PRIME_A) ^ messageDigest(input.reply);
    case 'failure':
      return Math.imul(start ^ input.requestId, PRIME_A) ^ textDigest(input.reason);
    case 'timer':
      return Math.imul(start, PRIME_A) ^ textDigest(input.timerId);
    case 'lookup':
      return Math.imul(start ^ input.lookupId, PRIME_A) ^ textDigest(input.key);
    default:
      return start;
  }
}

/** Its kind, how long its list is and who comes first in it: what else differs shows in the events that follow. */
function messageDigest(message: RingRequest | RingReply): number {
  const start = textDigest(message.type);
  switch (message.type) {
    case 'members':
      return start ^ listDigest(message.entries.length, message.entries[0]?.contact);
    case 'neighbours':
      return 'successors' in message
        ? start ^ listDigest(message.successors.length, message.successors[0])
        : start ^ textDigest(message.listHash);
    case 'owner':
      return start ^ listDigest(message.successors.length, message.successors[0]);
    case 'redirect':
      return start ^ listDigest(message.next.length, message.next[0]);
    case 'findOwner':
      return start ^ textDigest(message.key);
    default:
      return start;
  }
}

function listDigest(length: number, first: Contact | undefined): number {
  return first === undefined
    ? length
    : Math.imul(textDigest(first.id) ^ length, PRIME_B) ^ (first.incarnation | 0);
}

/** Its first four characters, its last and its length: names and hashes differ there. */
function textDigest(text: string): number {
  const { length } = text;
  let digest = length;
  for (let i = 0; i < 4 && i < length; i++) digest = Math.imul(digest ^ text.charCodeAt(i), PRIME_A);
  return length > 4 ? Math.imul(digest ^ text.charCodeAt(length - 1), PRIME_A) : digest;
}

function hexadecimal(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
