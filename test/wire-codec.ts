/** The ring's own protobuf codec as the simulator takes one: what a node gets is what came off the wire. */
import {
  decodeAnswer,
  decodeExchange,
  encodeAnswer,
  encodeExchange,
} from '../src/services/dht/ring-codec.ts';
import type { MessageCodec } from '../src/simulator/message-codec.ts';

const NETWORK_TAG = 1n;

export const WIRE_CODEC: MessageCodec = {
  carryRequest: (from, to, request) => {
    const bytes = encodeExchange(NETWORK_TAG, from, to, request);
    const exchange = decodeExchange(bytes, NETWORK_TAG);
    if (exchange === null) throw new Error('a message for another network');
    return { ...exchange, bytes: bytes.length };
  },
  carryReply: (from, reply) => {
    const bytes = encodeAnswer(from, reply);
    return { ...decodeAnswer(bytes), bytes: bytes.length };
  },
};
