/** A node among others that send anything at all. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Effect, Input } from './effect.ts';
import { InvariantViolation } from './invariants.ts';
import type { Contact, RingReply, RingRequest } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState } from './state.ts';
import { step } from './step.ts';

const contact = (id: string, incarnation = 1): Contact => ({
  id,
  incarnation,
  address: `${id}:${incarnation}`,
});

test('whatever others send, in whatever order, no invariant breaks and nothing grows without bound', () => {
  const id = fc.integer({ min: 0, max: 31 }).map((value) => (value * 8).toString(16).padStart(2, '0'));
  const anyContact = fc.record({ id, incarnation: fc.integer({ min: 1, max: 3 }) });
  const anyone = anyContact.map((known) => contact(known.id, known.incarnation));
  const some = fc.array(anyone, { maxLength: 20 });
  const maybe = fc.option(anyone);
  const request: fc.Arbitrary<RingRequest> = fc.oneof(
    fc.constantFrom<RingRequest>(
      { type: 'ping' },
      { type: 'notify', standing: 'settled' },
      { type: 'leave' },
      { type: 'neighbours', listHash: '', notify: 'inDoubt' },
    ),
    id.map((key): RingRequest => ({ type: 'findOwner', key })),
    id.map((key): RingRequest => ({ type: 'bestPredecessor', id: key })),
    anyone.map((target): RingRequest => ({ type: 'pingVia', target })),
    anyone.map((introduced): RingRequest => ({ type: 'introduce', contact: introduced })),
    some.map(
      (all): RingRequest => ({
        type: 'members',
        digest: '',
        entries: all.map((known) => ({ contact: known, status: 'alive' })),
      }),
    ),
    fc.nat(20).map((from): RingRequest => ({ type: 'routes', from, digests: Array(16).fill(from) })),
    fc.nat(300).map((page): RingRequest => ({ type: 'routePage', page, marks: [page] })),
    fc
      .tuple(fc.nat(60), some, some)
      .map(([level, all, gone]): RingRequest => ({ type: 'routeChanges', level, joined: all, gone })),
  );
  const reply: fc.Arbitrary<RingReply> = fc.oneof(
    fc.tuple(maybe, some).map(
      ([predecessor, successors]): RingReply => ({
        type: 'neighbours',
        predecessor,
        candidate: predecessor,
        successors,
        listHash: '',
      }),
    ),
    fc
      .tuple(anyone, some)
      .map(([best, successors]): RingReply => ({ type: 'bestPredecessor', best, successors })),
    fc
      .tuple(maybe, some)
      .map(([predecessor, successors]): RingReply => ({ type: 'owner', predecessor, successors })),
    some.map((next): RingReply => ({ type: 'redirect', next })),
    fc.nat(20).map((group): RingReply => ({ type: 'routes', group, digests: Array(16).fill(group) })),
    some.map((all): RingReply => ({ type: 'routePage', contacts: all, unknown: [1] })),
    fc.boolean().map((isMember): RingReply => ({ type: 'pong', joined: isMember })),
    fc.constantFrom<RingReply>(
      { type: 'pending' },
      { type: 'notMember' },
      { type: 'otherIncarnation' },
      { type: 'acknowledged' },
    ),
  );
  const act = fc.oneof(
    fc.record({ type: fc.constant('request' as const), from: anyone, request }),
    fc.record({ type: fc.constant('reply' as const), choice: fc.nat(), reply, from: fc.option(anyone) }),
    fc.record({ type: fc.constant('failure' as const), choice: fc.nat() }),
    fc.record({
      type: fc.constant('timer' as const),
      choice: fc.nat(),
      laterMs: fc.integer({ min: 0, max: 5_000 }),
    }),
    fc.record({ type: fc.constant('lookup' as const), key: id }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(act, { maxLength: 120 }), (creates, acts) => {
      const state = createRingState(contact('80'), {
        ...DEFAULT_PARAMETERS,
        successorCount: 3,
        membersMax: 12,
        routesMax: 24,
        changesMax: 8,
        goneRoutesMax: 10,
      });
      let now = 0;
      const feed = (input: Input): Effect[] => step(state, now, () => 0.5, input);
      feed(creates ? { type: 'create' } : { type: 'join', seeds: [contact('10')] });
      for (const [i, next] of acts.entries()) {
        const open = [...state.pending];
        const chosen = 'choice' in next ? open[next.choice % Math.max(1, open.length)] : undefined;
        try {
          if (next.type === 'request') feed({ ...next, toIncarnation: 1, token: i });
          else if (next.type === 'lookup') feed({ ...next, lookupId: i, deadlineMs: now + 1_000 });
          else if (next.type === 'timer') {
            const [timerId, at] = [...state.timers][next.choice % Math.max(1, state.timers.size)] ?? ['', 0];
            now = Math.max(now, at) + (next.laterMs > 4_900 ? next.laterMs : 0);
            feed({ type: 'timer', timerId });
          } else if (chosen === undefined) continue;
          else if (next.type === 'failure') feed({ type: 'failure', requestId: chosen[0], reason: '' });
          else
            feed({ type: 'reply', requestId: chosen[0], from: next.from ?? chosen[1].to, reply: next.reply });
        } catch (error) {
          if (error instanceof InvariantViolation) assert.fail(error.message);
          throw error;
        }
        assert.ok(state.successors.length <= 3 && state.members.size <= 12 && state.seeds.length <= 64);
        const { changes, gone, pages, doubtful, saidToJoin } = state.table;
        assert.ok(state.routes.length <= 27 && changes.length <= 16 && gone.size <= 10);
        assert.ok(pages.length <= 256 && doubtful.size <= 10 && saidToJoin.size <= 10);
        assert.ok(!state.successors.some((known) => known.id === '80') && state.predecessor?.id !== '80');
      }
    }),
    { numRuns: 500 },
  );
});
