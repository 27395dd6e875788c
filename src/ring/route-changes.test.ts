/** What others say of routes: what is believed, what is told on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginDoubt } from './doubt.ts';
import type { Effect, Input } from './effect.ts';
import type { Contact, GoneLife, RingReply } from './message.ts';
import { DEFAULT_PARAMETERS, type RingParameters } from './parameters.ts';
import { announceChanges, CHANGES_TIMER } from './route-changes.ts';
import { DOUBTS_TIMER } from './route-doubts.ts';
import { fillIdealRoutes } from './route-exchange.ts';
import { ROUTES_TIMER } from './route-table.ts';
import { shunRoute } from './routes.ts';
import { createRingState, type RingState } from './state.ts';
import { step } from './step.ts';
import type { Turn } from './turn.ts';

const contact = (value: number, incarnation = 1): Contact => {
  const id = (value * 4).toString(16).padStart(2, '0');
  return { id, incarnation, address: `${id}:${incarnation}` };
};

/** One of 64 that knows them all. */
class Node {
  readonly state: RingState;
  now = 1_000;
  #token = 0;

  constructor(parameters: Partial<RingParameters> = {}) {
    this.state = createRingState(contact(0), { ...DEFAULT_PARAMETERS, membersMax: 8, ...parameters });
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

  /** Something that the ring does to itself. */
  turn(): Turn {
    return { state: this.state, now: this.now, random: () => 0.5, effects: [], facts: [] };
  }

  /** Stands behind the one there before, as everybody knows. */
  follow(predecessor: Contact): void {
    this.state.predecessor = predecessor;
    this.state.table.announced = predecessor;
  }

  /** What it tells at the end of its wait: who is told of whom. */
  tells(): { to: string; level: number; joined: string[]; gone: string[] }[] {
    return this.fire(CHANGES_TIMER).flatMap(asTold);
  }

  /** The timer fires, if it is set. */
  fire(timerId: string) {
    const at = this.state.timers.get(timerId);
    if (at === undefined) return [];
    this.now = Math.max(this.now, at);
    return this.feed({ type: 'timer', timerId }).filter((effect) => effect.type === 'send');
  }

  /** Whoever is in doubt, or is said to have joined, is asked, and answers so. Returns who. */
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

function asTold(effect: Effect) {
  if (effect.type !== 'send' || effect.request.type !== 'routeChanges') return [];
  const { level, joined, gone } = effect.request;
  return [{ to: effect.to.id, level, joined: joined.map(({ id }) => id), gone: gone.map(({ id }) => id) }];
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
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
  assert.deepEqual(node.askAll({ type: 'pong', joined: true }), [joiner.id]);
  const sent = node
    .fire(CHANGES_TIMER)
    .map(({ request }) => request.type === 'routeChanges' && request.level);
  assert.deepEqual(sent, [5, 4, 3, 2, 1, 0]);
  assert.equal(node.knows(joiner), 1);
  node.told(48, [joiner], []);
  assert.deepEqual(node.askAll({ type: 'pong', joined: true }), []);
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
});

test('an invented join is told on to few and, where it would be told to many, believed by nobody', () => {
  const node = new Node();
  const [invented, another] = ['81', '82'].map((id) => ({ id, incarnation: 1, address: `${id}:1` }));
  assert.ok(invented && another);
  node.told(48, [invented], []);
  assert.deepEqual(node.askAll(null), [invented.id, invented.id]);
  assert.equal(node.knows(invented), undefined);
  assert.deepEqual(node.fire(CHANGES_TIMER), []);
  node.told(2, [another], []);
  assert.equal(node.knows(another), 1);
  assert.equal(node.fire(CHANGES_TIMER).length, 2);
  // Whatever it is asked for first.
  const request = { type: 'pingVia', target: another } as const;
  node.feed({ type: 'request', from: contact(60), toIncarnation: 1, token: 99, request });
  const asked = [...node.state.pending].find(([, { to }]) => to.id === another.id);
  assert.ok(asked);
  node.feed({ type: 'failure', requestId: asked[0], reason: 'deadline' });
  assert.equal(node.knows(another), undefined);
});

test('of joins that others tell few are taken at a time, and not many more than the ring can have', () => {
  const node = new Node();
  const wide = (i: number): Contact => ({
    id: `${(i % 256).toString(16).padStart(2, '0')}`,
    incarnation: 1 + i,
    address: 'x:1',
  });
  for (let i = 0; i < 20; i++) {
    node.told(
      0,
      Array.from({ length: 100 }, (_, k) => wide(4 * k + 1)),
      [],
    );
    node.now += 1_000;
  }
  assert.ok(node.state.routes.length <= 2 + 64, `${node.state.routes.length}`);
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

test('of neighbours that died together each is told, also those that were found dead before', () => {
  const node = new Node();
  node.follow(contact(63));
  // Another named it, and it did not answer: its place was not next to this node then.
  node.told(0, [], [contact(62)]);
  node.askAll(null);
  assert.deepEqual(node.tells(), []);
  node.state.predecessor = contact(61);
  announceChanges(node.turn());
  assert.deepEqual(node.askAll(null), [contact(63).id]);
  const [highest] = node.tells();
  assert.deepEqual(highest?.gone.sort(), [contact(62).id, contact(63).id]);
});

test('one that joined where another died, not known dead yet, has it asked', () => {
  const node = new Node();
  node.follow(contact(62));
  node.told(0, [contact(62)], []);
  node.feed({ type: 'candidates', contacts: [contact(62)] });
  const member = node.state.members.get(contact(62).id);
  assert.ok(member);
  member.health = 'suspect';
  node.state.predecessor = contact(63);
  announceChanges(node.turn());
  node.askAll(null);
  const [highest] = node.tells();
  assert.deepEqual(highest?.gone, [contact(62).id]);
  assert.deepEqual(highest?.joined, [contact(63).id]);
});

test('of two that joined together the second tells of the first, which is in doubt of its place', () => {
  const node = new Node();
  node.follow(contact(63));
  beginDoubt(node.turn(), 'joined');
  const request = { type: 'notify', standing: 'settled' } as const;
  const notify = (standing: 'settled' | 'inDoubt') =>
    node.feed({
      type: 'request',
      from: contact(63),
      toIncarnation: 1,
      token: 9,
      request: { ...request, standing },
    });
  notify('settled');
  assert.deepEqual(node.tells(), []);
  notify('inDoubt');
  assert.deepEqual(node.tells()[0]?.joined, [contact(63).id]);
});

test('more changes than a message holds, or than wait, are all told', () => {
  const node = new Node({ changesMax: 4 });
  const told = new Set<string>();
  const toldBy = (effects: readonly Effect[]): void => {
    for (const { joined } of effects.flatMap(asTold)) for (const id of joined) told.add(id);
  };
  const joiners = Array.from({ length: 12 }, (_, i) => ({
    id: (0x81 + 4 * i).toString(16),
    incarnation: 1,
    address: `${i}`,
  }));
  for (let i = 0; i < 12; i += 4) toldBy(node.told(2, joiners.slice(i, i + 4), []));
  toldBy(node.fire(CHANGES_TIMER));
  assert.deepEqual([...told].sort(), joiners.map(({ id }) => id).sort());
});

test('what is told again for more nodes goes to those only that were not told', () => {
  const node = new Node();
  const joiner = { id: '81', incarnation: 1, address: '81:1' };
  node.told(2, [joiner], []);
  assert.deepEqual(
    node.tells().map(({ level }) => level),
    [1, 0],
  );
  node.told(5, [joiner], []);
  node.askAll({ type: 'pong', joined: true });
  assert.deepEqual(
    node.tells().map(({ level }) => level),
    [4, 3, 2],
  );
});

test('in place of silent ones those behind are told, as far as the next that is told anyway', () => {
  const node = new Node();
  node.told(4, [{ id: 'fd', incarnation: 1, address: 'fd:1' }], []);
  node.askAll({ type: 'pong', joined: true });
  const asked: string[] = [];
  let [sent] = node.fire(CHANGES_TIMER);
  while (sent !== undefined) {
    asked.push(sent.to.id);
    const { requestId } = sent;
    [sent] = node
      .feed({ type: 'failure', requestId, reason: 'deadline' })
      .filter((effect) => effect.type === 'send')
      .filter(({ request }) => request.type === 'routeChanges');
  }
  assert.deepEqual(
    asked,
    Array.from({ length: 8 }, (_, i) => contact(8 + i).id),
  );
});

test('more words of deaths than can be asked after: all pages are compared, soon', () => {
  const node = new Node({ changesMax: 4, goneRoutesMax: 8 });
  for (const first of [1, 5, 9])
    node.told(
      3,
      [],
      [0, 1, 2, 3].map((i) => contact(first + i)),
    );
  assert.ok((node.state.timers.get(ROUTES_TIMER) ?? Number.POSITIVE_INFINITY) <= node.now + 10_000);
  const [compared] = node.fire(ROUTES_TIMER);
  assert.ok(compared);
  node.feed({
    type: 'reply',
    requestId: compared.requestId,
    from: compared.to,
    reply: { type: 'routes', group: node.state.table.group, digests: new Array(16).fill(1) },
  });
  assert.equal(node.state.table.pages.length, 16);
});

test('who leaves tells first what others rely on it for', () => {
  const node = new Node();
  node.told(2, [{ id: '81', incarnation: 1, address: '81:1' }], []);
  assert.equal(node.feed({ type: 'leave' }).flatMap(asTold).length, 2);
});

test('one that did not answer once leaves the table, and is back when it does', () => {
  const node = new Node();
  shunRoute(node.turn(), contact(40));
  assert.equal(node.knows(contact(40)), undefined);
  assert.deepEqual(node.askAll({ type: 'pong', joined: true }), [contact(40).id]);
  assert.equal(node.knows(contact(40)), 1);
});

test('a newcomer whose table is like that of another newcomer does not take it for filled', () => {
  const node = new Node();
  const { routes, table } = node.state;
  node.state.successors = routes.slice(0, 20);
  table.isFilled = false;
  const compare = () => {
    node.state.timers.set(ROUTES_TIMER, node.now);
    const [compared] = node.fire(ROUTES_TIMER);
    assert.ok(compared);
    const reply = { type: 'routes', group: 16, digests: [] } as const;
    node.feed({ type: 'reply', requestId: compared.requestId, from: compared.to, reply });
  };
  const behind = routes.splice(20);
  compare();
  assert.equal(table.isFilled, false);
  routes.push(...behind);
  compare();
  assert.equal(table.isFilled, true);
});
