/**
 * Answers Hello and Exchange. Who asks is taken at its word here (networks on one machine have no authority): nothing it
 * says changes a neighbour before this node has called it back and it has proved who it is.
 */
import type { HelloRequest, HelloResponse } from '../../generated/anillo/ring/v1/ring.ts';
import { Problem } from '../../problems/problem.ts';
import type { RingReply } from '../../ring/message.ts';
import { bounded, unary } from './bounded-service.ts';
import { checkNetwork, checkVersion, makeHello, networkOf, readDescriptor } from './hello.ts';
import type { OwnDescriptor } from './own-descriptor.ts';
import type { Peers } from './peers.ts';
import { CONTROL_MAX_BYTES, decodeExchange, type Exchange, encodeAnswer, STRANGER } from './ring-codec.ts';
import { CountedRingService } from './traffic.ts';

/** For one that says that it is this node to prove it. */
const PROOF_TIMEOUT_MS = 2_000;

const SERVICE = bounded(CountedRingService, CONTROL_MAX_BYTES);

/** The core, as requests of others see it. */
export interface RingAnswers {
  /** `done` is called once, unless the token is forgotten first. @throws Problem `busy` */
  answer(asked: Exchange, done: (reply: RingReply) => void): number;
  forget(token: number): void;
}

export function ringService(own: OwnDescriptor, peers: Peers, ring: RingAnswers) {
  const hello = unary<HelloRequest, HelloResponse>((request) => {
    const caller = 'the caller';
    checkVersion(request, caller);
    // A command, or a node that has no network yet, asks without naming one.
    if (request.networkId.length > 0) {
      checkNetwork({ theirs: networkOf(request), ours: own.networkId, address: caller });
      if (request.descriptor !== undefined) peers.learn(readDescriptor(request.descriptor, own.networkId));
    }
    return makeHello(own.networkId, own.signed);
  });

  const exchange = unary<Buffer, Buffer>(async (bytes, call) => {
    const asked = decodeExchange(bytes, own.networkTag, peers.lives);
    if (asked === 'stranger') return STRANGER;
    const self = own.contact;
    if (asked === null) {
      throw new Problem('other_network', { address: 'the caller', theirs: '?', ours: own.networkId });
    }
    if (asked.toId !== self.id) {
      throw new Problem('wrong_node', { address: self.address, theirs: self.id, expected: asked.toId });
    }
    if (asked.from.id === self.id) {
      // Anybody can write this node's id; only a later life of it can prove it, and then it shows in the Hello.
      if (asked.from.incarnation > self.incarnation)
        peers.meet(asked.from.address, PROOF_TIMEOUT_MS).catch(() => {});
      throw new Problem('forbidden', { reason: 'A request in the name of the node that it is sent to.' });
    }
    const answered = Promise.withResolvers<RingReply>();
    const token = ring.answer(asked, answered.resolve);
    call.once('cancelled', () => ring.forget(token));
    return encodeAnswer(asked.isBrief ? null : self, await answered.promise);
  });

  return { service: SERVICE, handlers: { hello, exchange } };
}
