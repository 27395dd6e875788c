/** What others say of routes: what is believed, what is told on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Input } from './effect.ts';
import type { Contact, GoneLife, RingReply } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { CHANGES_TIMER } from './route-changes.ts';
import { DOUBTS_TIMER } from './route-doubts.ts';
import { fillIdealRoutes } from './route-exchange.ts';
import { createRingState, type RingState } from './state.ts';
import { step } from './step.ts';

const contact = (value: number, incarnation = 1): Contact => {
  const id = (value * 4).toString(16).padStart(2, '0');
  return { id, incarnation, address: `${id}:${incarnation}` };
};

/** One of 64 that knows them all. */
class Node {
  readonly state: RingState;
  now = 1_000;
  #token = 0;

  constructor() {
    this.state = createRingState(contact(0), { ...DEFAULT_PARAMETERS, membersMax: 8 });
    this.feed({ type: 'boot', remembered: [] });
    this.feed({ type: 'create' });
    const ring = Array.from({ length: 64 }, (_, i) => contact(i));
    fillIdealRoutes(this.state, ring);
  }

  feed(input: Input): Effect[] {
    return step(this.state, this.now, () => 0.5, input);
  }

  told(level: number, joined: readonly Contact[], gone: readonly GoneLife[]): Effect[] {
    const request = { type: 'routeChanges', level, joined, gone } as const;
    return this.feed({ type: 'request', from: contact(60), toIncarnation: 1, token: ++this.#token, request });
  }

  /** The timer fires, if it is set. */
  fire(timerId: string) {
    const at = this.state.timers.get(timerId);
    if (at === undefined) return [];
    this.now = Math.max(this.now, at);
    return this.feed({ type: 'timer', timerId }).filter((effect) => effect.type === 'send');
  }

  /** Whoever is in doubt is asked, and answers so. Returns who. */
  askAll(reply: RingReply | null): string[] {
    const asked: string[] = [];
    while (this.state.timers.has(DOUBTS_TIMER)) {
      for (const { to, requestId } of this.fire(DOUBTS_TIMER)) {
        asked.push(to.id);
        if (reply === null) this.feed({ type: 'failure', requestId, reason: 'deadline' });
        else this.feed({ type: 'reply', requestId, from: to, reply });
      }
    }
    return asked;
  }

  knows({ id }: Contact): number | undefined {
    return this.state.routes.find((route) => route.id === id)?.incarnation;
  }
}

const HIGHEST = Number.MAX_SAFE_INTEGER;

test('a false word of deaths takes nobody out of the table and is not told on', () => {
  const node = new Node();
  const named = Array.from({ length: 40 }, (_, i) => contact(i + 1));
  node.told(48, [], named);
  assert.equal(node.state.routes.length, 63);
  assert.deepEqual(
    node.askAll({ type: 'pong', joined: true }),
    named.map(({ id }) => id),
  );
  node.told(
    48,
    [],
    named.map(({ id }) => ({ id, incarnation: HIGHEST })),
  );
  node.askAll({ type: 'pong', joined: true });
  assert.equal(node.state.routes.length, 63);
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
});

test('a death is told on once it is found out, and once', () => {
  const node = new Node();
  node.told(48, [], [contact(40)]);
  assert.equal(node.knows(contact(40)), 1);
  assert.deepEqual(node.askAll(null), [contact(40).id]);
  assert.equal(node.knows(contact(40)), undefined);
  const levels = node.fire(CHANGES_TIMER).map(({ to }) => to.id);
  assert.ok(levels.length > 0 && levels.length <= 6);
  node.told(48, [], [contact(40)]);
  assert.deepEqual(node.askAll(null), []);
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
});

test('a join is told on once, at no more levels than the ring has', () => {
  const node = new Node();
  const joiner = { id: '81', incarnation: 1, address: '81:1' };
  node.told(48, [joiner], []);
  const sent = node
    .fire(CHANGES_TIMER)
    .map(({ request }) => request.type === 'routeChanges' && request.level);
  assert.deepEqual(sent, [5, 4, 3, 2, 1, 0]);
  node.told(48, [joiner], []);
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
});

test('a later life named by others does not replace the one that answers', () => {
  const node = new Node();
  const later = { ...contact(40, HIGHEST), address: 'nowhere:1' };
  node.told(0, [later], []);
  node.askAll({ type: 'pong', joined: true });
  assert.equal(node.knows(later), 1);
  node.told(0, [contact(40, 2)], []);
  node.askAll({ type: 'otherIncarnation' });
  assert.equal(node.knows(later), 2);
});

test('one thought gone is asked again, long after, when others still have it', () => {
  const node = new Node();
  node.told(0, [], [contact(40)]);
  node.askAll(null);
  node.told(0, [contact(40)], []);
  // The list of members has no room for it.
  node.state.members.clear();
  assert.deepEqual(node.askAll(null), []);
  node.now += 121_000;
  node.told(0, [contact(40)], []);
  node.askAll({ type: 'pong', joined: true });
  assert.equal(node.knows(contact(40)), 1);
});

test('a living node that refuses to answer, or is asked into a pause of the one that asks, stays in the table', () => {
  const node = new Node();
  const has = (id: string): boolean => node.state.routes.some((route) => route.id === id);
  const [refusing, paused] = [contact(10), contact(11)];
  for (const [target, answered] of [
    [refusing, true],
    [paused, false],
  ] as const) {
    node.told(6, [], [{ id: target.id, incarnation: 1 }]);
    const [asked] = node.fire(DOUBTS_TIMER);
    assert.equal(asked?.to.id, target.id);
    if (!answered) {
      node.now += 2 * DEFAULT_PARAMETERS.pauseMs;
      node.feed({ type: 'timer', timerId: 'none' });
    }
    node.feed({ type: 'failure', requestId: asked?.requestId ?? 0, reason: 'busy', answered });
    assert.ok(has(target.id), answered ? 'it lives' : 'nobody could have answered');
  }
  assert.deepEqual(node.askAll({ type: 'pong', joined: true }), [paused.id], 'it is asked again');
});
