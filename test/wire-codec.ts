/** The production codec as the simulator takes one, between lives that have said Hello: what a node gets came out of bytes. */
import type { Contact } from '../src/ring/message.ts';
import { LifeMarks } from '../src/services/dht/life-marks.ts';
import { decodeAnswer, decodeExchange, encodeAnswer, encodeBriefly } from '../src/services/dht/ring-codec.ts';
import type { MessageCodec } from '../src/simulator/message-codec.ts';

const NETWORK = 'ab'.repeat(32);
/** By life: contacts are made anew with each message. */
const marks = new Map<string, bigint>();

function markOf(contact: Contact): bigint {
  const life = `${contact.id}/${contact.incarnation}`;
  const known = marks.get(life);
  if (known !== undefined) return known;
  const mark = new LifeMarks(NETWORK, contact).own;
  marks.set(life, mark);
  return mark;
}

/** A pointer to an older life reaches the one that listens now: on a real channel that one has said Hello, and is asked in full. */
export const WIRE_CODEC: MessageCodec = {
  carryRequest: (from, to, request) => {
    const [fromMark, toMark] = [markOf(from), markOf(to)];
    const bytes = encodeBriefly(fromMark, toMark, request);
    const lives = {
      self: to,
      own: toMark,
      contact: (mark: bigint) => (mark === fromMark ? from : null),
    };
    const exchange = decodeExchange(bytes, 0n, lives);
    if (exchange === null || exchange === 'stranger') throw new Error('a message of strangers');
    return { ...exchange, bytes: bytes.length };
  },
  carryReply: (from, reply) => {
    const bytes = encodeAnswer(null, reply);
    return { ...decodeAnswer(bytes, from), bytes: bytes.length };
  },
};
