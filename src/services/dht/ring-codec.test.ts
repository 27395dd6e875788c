import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExchangeRequest, ExchangeResponse } from '../../generated/anillo/ring/v1/ring.ts';
import type { Contact, MemberEntry, RingReply, RingRequest, Standing } from '../../ring/message.ts';
import { ADDRESS_MAX, isAddress } from './contact-codec.ts';
import { LifeMarks } from './life-marks.ts';
import {
  CONTROL_MAX_BYTES,
  decodeAnswer,
  decodeExchange,
  encodeAnswer,
  encodeBriefly,
  encodeExchange,
  STRANGER,
} from './ring-codec.ts';

/** fast-check makes objects without a prototype now and then; the codec never does. */
const record = <Shape>(shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }): fc.Arbitrary<Shape> =>
  fc.record<Shape>(shape, { noNullPrototype: true });

const NETWORK = 'ab'.repeat(32);
const TAG = 0xfedcba9876543210n;
const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const hash = fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((text) => `[${text}]`),
  fc.domain(),
);
const address = fc.tuple(host, port).map(([name, number]) => `${name}:${number}`);
const contact: fc.Arbitrary<Contact> = record({
  id,
  incarnation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  address,
});
const contacts = fc.array(contact, { maxLength: 32 });
const entries: fc.Arbitrary<MemberEntry[]> = fc.array(
  record({ contact, status: fc.constantFrom('alive', 'suspect', 'left') }),
  { maxLength: 40 },
);
const marks = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 160 });
const predecessor = fc.option(contact);
const standing = fc.constantFrom<Standing>('settled', 'inDoubt');
const members = record({ type: fc.constant('members' as const), digest: hash, entries });
const request: fc.Arbitrary<RingRequest> = fc.oneof(
  record({ type: fc.constantFrom('ping', 'changed', 'leave') }),
  record({ type: fc.constant('notify' as const), standing }),
  record({ type: fc.constant('pingVia' as const), target: contact }),
  record({ type: fc.constant('introduce' as const), contact }),
  record({ type: fc.constant('bestPredecessor' as const), id }),
  record({ type: fc.constant('neighbours' as const), listHash: hash, notify: fc.option(standing) }),
  record({ type: fc.constant('findOwner' as const), key: id }),
  members,
  record({ type: fc.constant('routes' as const), from: fc.integer({ min: 0, max: 15 }), digests: marks }),
  record({ type: fc.constant('routePage' as const), page: fc.integer({ min: 0, max: 255 }), marks }),
  record({
    type: fc.constant('routeChanges' as const),
    level: fc.integer({ min: 0, max: 48 }),
    joined: contacts,
    gone: fc.array(record({ id, incarnation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) })),
  }),
);
const reply: fc.Arbitrary<RingReply> = fc.oneof(
  record({ type: fc.constant('pong' as const), joined: fc.boolean() }),
  record({ type: fc.constant('pongVia' as const), answered: fc.boolean() }),
  record({ type: fc.constant('bestPredecessor' as const), best: contact, successors: contacts }),
  record({
    type: fc.constant('neighbours' as const),
    predecessor,
    candidate: predecessor,
    successors: contacts,
    listHash: hash,
  }),
  record({ type: fc.constant('neighboursUnchanged' as const), predecessor, candidate: predecessor }),
  record({ type: fc.constant('owner' as const), predecessor, successors: contacts }),
  record({ type: fc.constant('redirect' as const), next: contacts }),
  members,
  record({ type: fc.constant('routes' as const), group: fc.integer({ min: 0, max: 16 }), digests: marks }),
  record({ type: fc.constant('routePage' as const), contacts, unknown: marks }),
  record({ type: fc.constantFrom('acknowledged', 'pending', 'notMember', 'otherIncarnation') }),
);

const SOMEBODY: Contact = { id: '11'.repeat(32), incarnation: 7, address: '127.0.0.1:50051' };

test('every request means the same after the wire', () => {
  fc.assert(
    fc.property(contact, contact, request, (from, to, asked) => {
      const read = decodeExchange(encodeExchange(TAG, from, to, asked), TAG);
      const [toId, toIncarnation] = [to.id, to.incarnation];
      assert.deepEqual(read, { from, toId, toIncarnation, request: asked, isBrief: false });
    }),
  );
});

test('between lives that know each other, requests and replies mean the same without their names', () => {
  fc.assert(
    fc.property(contact, contact, request, reply, (from, to, asked, said) => {
      const [sender, receiver] = [new LifeMarks(NETWORK, from), new LifeMarks(NETWORK, to)];
      receiver.learn(from);
      const brief = encodeBriefly(sender.own, sender.of(to), asked);
      const [toId, toIncarnation] = [to.id, to.incarnation];
      const read = decodeExchange(brief, TAG, receiver);
      assert.deepEqual(read, { from, toId, toIncarnation, request: asked, isBrief: true });
      assert.deepEqual(decodeAnswer(encodeAnswer(null, said), to), { from: to, reply: said });
    }),
  );
});

test('marks of another life, another network or of nobody known are a stranger’s, and no answer is empty', () => {
  const other: Contact = { ...SOMEBODY, id: '22'.repeat(32) };
  const receiver = new LifeMarks(NETWORK, SOMEBODY);
  receiver.learn(other);
  const mark = receiver.of(other);
  const read = (from: bigint, to: bigint) =>
    decodeExchange(encodeBriefly(from, to, { type: 'ping' }), TAG, receiver);
  assert.notEqual(read(mark, receiver.own), 'stranger');
  assert.equal(read(mark, receiver.of({ ...SOMEBODY, incarnation: 8 })), 'stranger');
  assert.equal(read(mark, new LifeMarks('cd'.repeat(32), SOMEBODY).own), 'stranger');
  assert.equal(read(receiver.of({ ...other, incarnation: 8 }), receiver.own), 'stranger');
  fc.assert(fc.property(reply, (said) => encodeAnswer(null, said).length > STRANGER.length));
});

test('at rest a question of life and its answer take 40 bytes at most', () => {
  const marks = new LifeMarks(NETWORK, SOMEBODY);
  const asked = encodeBriefly(marks.own, marks.own, { type: 'ping' });
  assert.ok(asked.length + encodeAnswer(null, { type: 'pong', joined: true }).length <= 40);
});

test('every reply means the same after the wire', () => {
  fc.assert(
    fc.property(contact, reply, (from, said) => {
      assert.deepEqual(decodeAnswer(encodeAnswer(from, said)), { from, reply: said });
    }),
  );
});

test('random bytes are refused or read whole, and never crash otherwise', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const decode of [() => decodeAnswer(bytes), () => decodeExchange(bytes, 0n)]) {
        try {
          decode();
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'bad_request');
        }
      }
    }),
  );
});

test('a request for another network is told from a malformed one', () => {
  assert.equal(decodeExchange(encodeExchange(TAG, SOMEBODY, SOMEBODY, { type: 'ping' }), TAG + 1n), null);
});

test('a member list of the longest addresses still fits a control message', () => {
  const longest = `${'a'.repeat(253)}:65535`;
  assert.ok(isAddress(longest) && longest.length <= ADDRESS_MAX);
  const far = { id: 'ff'.repeat(32), incarnation: Number.MAX_SAFE_INTEGER, address: longest };
  const list = Array.from({ length: 10_000 }, () => ({ contact: far, status: 'alive' as const }));
  const bytes = encodeAnswer(far, { type: 'members', digest: 'ff'.repeat(32), entries: list });
  assert.ok(bytes.length <= CONTROL_MAX_BYTES, `${bytes.length} bytes`);
  assert.equal(decodeAnswer(bytes).reply.type, 'members');
});

const good = ExchangeRequest.decode(
  encodeExchange(TAG, SOMEBODY, SOMEBODY, { type: 'findOwner', key: SOMEBODY.id }),
);
const from = good.from ?? assert.fail();
const malformedRequests: readonly [string, ExchangeRequest][] = [
  ['no sender', { ...good, from: undefined }],
  ['a short sender id', { ...good, from: { ...from, id: Buffer.alloc(31) } }],
  ['a long sender id', { ...good, from: { ...from, id: Buffer.alloc(33) } }],
  ['incarnation zero', { ...good, from: { ...from, incarnation: 0n } }],
  ['an incarnation beyond exact numbers', { ...good, toIncarnation: 2n ** 60n }],
  ['an address without a port', { ...good, from: { ...from, address: 'host' } }],
  ['port zero', { ...good, from: { ...from, address: 'host:0' } }],
  ['an address with a path', { ...good, from: { ...from, address: 'unix:/tmp/x:1' } }],
  ['an overlong address', { ...good, from: { ...from, address: `${'a'.repeat(254)}:80` } }],
  ['a short key', { ...good, request: { $case: 'findOwner', value: { key: Buffer.alloc(8) } } }],
  ['no request', { ...good, request: undefined }],
  [
    'a long digest',
    { ...good, request: { $case: 'neighbours', value: { listHash: Buffer.alloc(33), notify: undefined } } },
  ],
];
for (const [title, wire] of malformedRequests) {
  test(`a request with ${title} is refused`, () => {
    assert.throws(() => decodeExchange(ExchangeRequest.encode(wire).finish(), TAG), { code: 'bad_request' });
  });
}

test('lists longer than their bounds are refused', () => {
  const next = Array.from({ length: 65 }, () => from);
  const entry = { contact: from, status: 1 as const };
  const entriesTooMany = Array.from({ length: 193 }, () => entry);
  for (const tooLong of [
    { $case: 'redirect' as const, value: { next } },
    {
      $case: 'routePage' as const,
      value: { contacts: Array.from({ length: 193 }, () => from), unknown: [] },
    },
    { $case: 'routes' as const, value: { group: 0, digests: Array.from({ length: 193 }, () => 1) } },
    { $case: 'members' as const, value: { digest: Buffer.alloc(0), entries: entriesTooMany } },
    {
      $case: 'members' as const,
      value: { digest: Buffer.alloc(0), entries: [{ ...entry, status: 0 as const }] },
    },
  ]) {
    const bytes = ExchangeResponse.encode({ from, reply: tooLong }).finish();
    assert.throws(() => decodeAnswer(bytes), { code: 'bad_request' });
  }
});

test('a message beyond 64 KiB is refused before it is decoded', () => {
  assert.throws(() => decodeAnswer(Buffer.alloc(CONTROL_MAX_BYTES + 1)), { code: 'bad_request' });
});
