/** The operations one statement at a time, on identifiers of two digits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Input, LookupResult } from './effect.ts';
import type { Contact, RingReply, RingRequest } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState, neighbours, type RingState } from './state.ts';
import { step } from './step.ts';

const contact = (id: string, incarnation = 1): Contact => ({
  id,
  incarnation,
  address: `${id}:${incarnation}`,
});
const A = contact('10');
const B = contact('20');
const C = contact('30');
const D = contact('40');

/** A node with its clock, its open requests and what it answered. */
class Bench {
  readonly state: RingState;
  readonly events: string[] = [];
  readonly found: LookupResult[] = [];
  now = 0;
  #open: Extract<Effect, { type: 'send' }>[] = [];
  #token = 0;

  constructor(self: Contact, parameters = DEFAULT_PARAMETERS) {
    this.state = createRingState(self, parameters);
    this.feed({ type: 'boot', remembered: [] });
  }

  feed(input: Input): Effect[] {
    this.now += 1;
    const effects = step(this.state, this.now, () => 0.5, input);
    for (const effect of effects) {
      if (effect.type === 'send') this.#open.push(effect);
      if (effect.type === 'event') this.events.push(effect.event.type);
      if (effect.type === 'event' && effect.event.type === 'lookupDone') this.found.push(effect.event.result);
    }
    return effects;
  }

  ask(
    from: Contact,
    request: RingRequest,
    toIncarnation = this.state.self.incarnation,
  ): RingReply | undefined {
    const token = ++this.#token;
    const effects = this.feed({ type: 'request', from, toIncarnation, token, request });
    for (const effect of effects) if (effect.type === 'reply' && effect.token === token) return effect.reply;
    return undefined;
  }

  /** The oldest open request of this kind to that node. */
  requested(to: Contact, type: RingRequest['type']): number | undefined {
    return this.#open.find((sent) => sent.to.id === to.id && sent.request.type === type)?.requestId;
  }

  /** The same as it was asked. */
  sent(to: Contact, type: RingRequest['type']): RingRequest | undefined {
    return this.#open.find((sent) => sent.to.id === to.id && sent.request.type === type)?.request;
  }

  /** That node answers the oldest open request of this kind. */
  reply(from: Contact, type: RingRequest['type'], reply: RingReply): void {
    this.feed({ type: 'reply', requestId: this.#take(from, type), from, reply });
  }

  fail(to: Contact, type: RingRequest['type']): void {
    this.feed({ type: 'failure', requestId: this.#take(to, type), reason: 'deadline' });
  }

  /** The same for whoever is asked at this address. */
  failAt(address: string, type: RingRequest['type']): void {
    const sent = this.#open.find(({ to, request }) => to.address === address && request.type === type);
    assert.ok(sent, `no ${type} at ${address} is open`);
    this.#open = this.#open.filter((other) => other !== sent);
    this.feed({ type: 'failure', requestId: sent.requestId, reason: 'deadline' });
  }

  /** That node answers with a refusal. */
  refuse(to: Contact, type: RingRequest['type']): void {
    this.feed({ type: 'failure', requestId: this.#take(to, type), reason: 'busy', answered: true });
  }

  /** Time passes in which these do not answer, and the others answer pings. */
  fallSilent(ids: readonly string[], forMs: number): void {
    const end = this.now + forMs;
    for (;;) {
      const open = this.#open;
      this.#open = [];
      for (const { to, requestId, request } of open) {
        if (ids.includes(to.id)) this.feed({ type: 'failure', requestId, reason: 'deadline' });
        else if (request.type === 'ping')
          this.feed({ type: 'reply', requestId, from: to, reply: { type: 'pong', joined: true } });
        else this.feed({ type: 'failure', requestId, reason: 'busy', answered: true });
      }
      if (this.#open.length > 0) continue;
      const next = [...this.state.timers].sort(([, a], [, b]) => a - b)[0];
      if (next === undefined || next[1] > end) break;
      this.timer(next[0]);
    }
    this.now = end;
  }

  timer(timerId: string): void {
    this.now = Math.max(this.now, this.state.timers.get(timerId) ?? this.now);
    this.feed({ type: 'timer', timerId });
  }

  get list(): string[] {
    return this.state.successors.map(({ id }) => id);
  }

  #take(to: Contact, type: RingRequest['type']): number {
    const requestId = this.requested(to, type);
    assert.notEqual(requestId, undefined, `no ${type} to ${to.id} is open`);
    this.#open = this.#open.filter((sent) => sent.requestId !== requestId);
    return requestId as number;
  }
}

const list = (predecessor: Contact | null, ...successors: Contact[]): RingReply => ({
  type: 'neighbours',
  predecessor,
  candidate: null,
  successors,
  listHash: successors.map(({ id }) => id).join(''),
});

/** B, joined between A and D, its first round done. */
function joined(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = new Bench(B, parameters);
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [D] });
  bench.reply(D, 'neighbours', list(A, A));
  return bench;
}

/** D took it for its predecessor, and says so in the next round. */
function handedOver(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = joined(parameters);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  return bench;
}

/** The same in no doubt any more. */
function settled(parameters = DEFAULT_PARAMETERS): Bench {
  const bench = handedOver(parameters);
  bench.ask(A, { type: 'notify', standing: 'settled' });
  while (bench.requested(A, 'findOwner') !== undefined) {
    bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  }
  while (bench.requested(A, 'ping') !== undefined) bench.reply(A, 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.doubt, null);
  return bench;
}

test('a joiner takes the list of the member that is its best predecessor, and stabilises at once', () => {
  const bench = new Bench(B);
  bench.feed({ type: 'join', seeds: [A] });
  assert.deepEqual(bench.ask(C, { type: 'neighbours', listHash: '', notify: null }), { type: 'notMember' });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [C, D] });
  assert.deepEqual(bench.list, ['30', '40']);
  assert.equal(bench.state.predecessor?.id, '10');
  assert.notEqual(bench.requested(C, 'neighbours'), undefined);
});

test('a joiner whose place is not between the member and its head begins again', () => {
  const bench = new Bench(D);
  bench.feed({ type: 'join', seeds: [A] });
  bench.reply(A, 'bestPredecessor', { type: 'bestPredecessor', best: A, successors: [C] });
  assert.equal(neighbours(bench.state).joined, false);
});

test('a joiner owns nothing until its predecessor, in no doubt itself, points at it', () => {
  const bench = joined();
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  bench.reply(A, 'findOwner', { type: 'redirect', next: [] });
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  assert.equal(settled().ask(C, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a joiner owns nothing until its head has it for a predecessor', () => {
  const bench = joined();
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, 'redirect');
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a joiner whose predecessor found a nearer head meanwhile owns nothing when its own head has it', () => {
  const bench = joined();
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, A));
  bench.reply(A, 'findOwner', { type: 'owner', predecessor: D, successors: [contact('18'), B, D] });
  assert.equal(bench.ask(A, { type: 'findOwner', key: '15' })?.type, 'redirect');
});

test('doubt outlasts a dead predecessor only while the head claims the same keys', () => {
  for (const [bench, answer] of [
    [joined(), 'redirect'],
    [handedOver(), 'owner'],
  ] as const) {
    const end = bench.now + DEFAULT_PARAMETERS.doubtMaxMs;
    while (bench.now < end) bench.timer('doubt');
    assert.equal(bench.ask(A, { type: 'findOwner', key: '18' })?.type, answer);
  }
});

test('a predecessor that the head names is adopted only when it has answered itself', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(C, A));
  assert.deepEqual(bench.list, ['40', '10']);
  assert.deepEqual(bench.sent(C, 'neighbours'), { type: 'neighbours', listHash: '', notify: 'settled' });
  bench.reply(C, 'neighbours', list(B, D, A));
  assert.deepEqual(bench.list, ['30', '40', '10']);
});

test('a round ends with exactly one notify, to the head that it ends with', () => {
  const bench = settled();
  while (bench.requested(D, 'notify') !== undefined) bench.reply(D, 'notify', { type: 'acknowledged' });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(C, A));
  bench.fail(C, 'neighbours');
  assert.deepEqual(bench.list, ['40', '10']);
  assert.notEqual(bench.requested(D, 'notify'), undefined);
  assert.equal(bench.requested(C, 'notify'), undefined);
});

test('the first that notified lately after the asker is named to it, whoever the predecessor is', () => {
  const bench = settled();
  const [near, far] = [contact('14'), contact('18')];
  for (const notifier of [far, near])
    bench.ask(notifier, { type: 'neighbours', listHash: '', notify: 'settled' });
  const named = (asker: Contact): string | undefined => {
    const reply = bench.ask(asker, { type: 'neighbours', listHash: '', notify: null });
    return reply?.type === 'neighbours' ? reply.candidate?.id : undefined;
  };
  assert.deepEqual([named(contact('11')), named(near), named(far)], ['14', '18', undefined]);
  bench.fallSilent(['14'], 4_000);
  assert.equal(named(contact('11')), undefined);
});

test('a candidate that the head names is asked before its predecessor, and adopted only when it answered', () => {
  const bench = settled();
  const near = contact('28');
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', { ...list(C, A), candidate: near } as RingReply);
  assert.deepEqual(bench.list, ['40', '10']);
  bench.reply(near, 'neighbours', list(B, C, D));
  assert.deepEqual(bench.list, ['28', '30', '40']);
});

test('a candidate known to be dead is passed over for the predecessor', () => {
  const bench = settled();
  const near = contact('28');
  bench.ask(near, { type: 'neighbours', listHash: '', notify: null });
  bench.fallSilent(['28'], 10_000);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', { ...list(C, A), candidate: near } as RingReply);
  assert.equal(bench.requested(near, 'neighbours'), undefined);
  assert.notEqual(bench.requested(C, 'neighbours'), undefined);
});

test('an answer of a head that is no longer the head is dropped', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.ask(D, { type: 'leave' });
  bench.reply(D, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['10']);
  bench.reply(D, 'neighbours', list(B, C));
  assert.deepEqual(bench.list, ['10']);
});

test('a list ends where it would come round to the node itself, and where it is out of order', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('50'), B, contact('60')));
  assert.deepEqual(bench.list, ['40', '50']);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('60'), contact('50'), A));
  assert.deepEqual(bench.list, ['40', '60']);
});

test('a node that had no place when it was met stands in a list that a member tells, until it says again that it has none', () => {
  const E = contact('50');
  const bench = settled();
  bench.ask(E, { type: 'bestPredecessor', id: '50' });
  bench.now += 2_100;
  bench.timer('probe');
  bench.reply(E, 'ping', { type: 'pong', joined: false });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
  bench.reply(E, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a list from which one found dead was left out is asked for whole again, whoever has forgotten it meanwhile', () => {
  const E = contact('50');
  const bench = settled();
  bench.ask(E, { type: 'neighbours', listHash: '', notify: null });
  bench.fallSilent(['50'], 10_000);
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '10']);
  bench.state.members.delete('50');
  bench.timer('stabilize');
  assert.equal((bench.sent(D, 'neighbours') as { listHash: string }).listHash, '');
  bench.reply(D, 'neighbours', list(B, E, A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
});

test('a farther notifier replaces the predecessor only when that one is dead', () => {
  const bench = settled();
  bench.now += 2_000;
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  assert.equal(bench.state.predecessor?.id, '10');
  bench.fail(A, 'ping');
  bench.timer('suspect:10');
  bench.fail(A, 'ping');
  bench.timer('suspect:10');
  bench.fail(A, 'ping');
  if (bench.requested(D, 'pingVia') !== undefined)
    bench.reply(D, 'pingVia', { type: 'pongVia', answered: false });
  bench.reply(contact('08'), 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '08');
});

test('a farther predecessor in doubt leaves its node in doubt, until one in no doubt points at it', () => {
  for (const standing of ['settled', 'inDoubt'] as const) {
    const bench = settled();
    const far = contact('08');
    bench.now += 2_000;
    bench.ask(far, { type: 'notify', standing });
    for (const last of [false, false, true]) {
      bench.fail(A, 'ping');
      if (!last) bench.timer('suspect:10');
    }
    if (bench.requested(D, 'pingVia') !== undefined)
      bench.reply(D, 'pingVia', { type: 'pongVia', answered: false });
    bench.reply(far, 'ping', { type: 'pong', joined: true });
    assert.equal(bench.state.predecessor?.id, '08');
    assert.equal(bench.state.doubt !== null, standing === 'inDoubt');
    if (standing === 'settled') continue;
    bench.ask(far, { type: 'notify', standing: 'settled' });
    while (bench.requested(far, 'findOwner') !== undefined)
      bench.reply(far, 'findOwner', { type: 'owner', predecessor: D, successors: [B, D] });
    assert.equal(bench.state.doubt, null);
  }
});

test('who notified before the predecessor last spoke does not take its place, for it may have a nearer head by now', () => {
  const bench = settled();
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  bench.ask(A, { type: 'ping' });
  bench.fallSilent(['10'], 10_000);
  assert.equal(bench.state.predecessor?.id, '10');
  bench.ask(contact('08'), { type: 'notify', standing: 'settled' });
  bench.reply(contact('08'), 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '08');
});

test('a nearer notifier replaces the predecessor as soon as it has answered', () => {
  const bench = settled();
  const E = contact('18');
  bench.ask(E, { type: 'notify', standing: 'settled' });
  assert.equal(bench.state.predecessor?.id, '10');
  bench.reply(E, 'ping', { type: 'pong', joined: true });
  assert.equal(bench.state.predecessor?.id, '18');
});

test('a notifier that cannot be reached never becomes the predecessor, however often it notifies', () => {
  const bench = settled();
  const E = contact('18');
  for (let round = 0; round < 5; round++) {
    bench.ask(E, { type: 'notify', standing: 'settled' });
    bench.ask(E, { type: 'neighbours', listHash: '', notify: null });
    while (bench.requested(E, 'ping') !== undefined) bench.fail(E, 'ping');
    assert.equal(bench.state.predecessor?.id, '10');
  }
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'owner');
});

test('a leave in the name of a member that has its place changes nothing', () => {
  const bench = settled();
  bench.ask(D, { type: 'leave' });
  bench.reply(D, 'ping', { type: 'pong', joined: true });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a later life of a neighbour that nobody answers for changes nothing', () => {
  const bench = settled();
  const forged = { id: '40', incarnation: Number.MAX_SAFE_INTEGER, address: 'nowhere:9' };
  bench.ask(forged, { type: 'neighbours', listHash: '', notify: null });
  bench.failAt(forged.address, 'ping');
  bench.reply(D, 'ping', { type: 'pong', joined: true });
  assert.deepEqual(bench.list, ['40', '10']);
  assert.equal(bench.ask(D, { type: 'neighbours', listHash: '', notify: null })?.type, 'neighbours');
});

test('a head of which only a later life is named by others is found dead all the same', () => {
  const bench = joined();
  const later = { ...contact('40', 2), address: 'elsewhere:2' };
  bench.ask(A, { type: 'members', digest: '', entries: [{ contact: later, status: 'alive' }] });
  bench.fallSilent(['40'], 20_000);
  assert.deepEqual(bench.list, ['10']);
});

test('a lookup near its deadline suspects nobody who had no time to answer', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '30', deadlineMs: bench.now + 3 });
  bench.now += 3;
  bench.fail(D, 'findOwner');
  assert.equal(bench.state.members.get('40')?.health, 'alive');
});

test('the path of a lookup shows every call, and its hops are those that led to the owner', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  bench.reply(D, 'findOwner', { type: 'redirect', next: [C] });
  bench.fail(C, 'findOwner');
  while (bench.requested(A, 'findOwner') !== undefined) bench.fail(A, 'findOwner');
  bench.timer('lookup:1');
  bench.reply(D, 'findOwner', { type: 'owner', predecessor: B, successors: [A] });
  const [{ path, hops } = assert.fail()] = bench.found;
  const steps = path.map(({ contact: { id }, outcome }) => `${id} ${outcome}`);
  assert.deepEqual([steps[0], steps[1], steps.at(-1)], ['40 abandoned', '30 failed', '40 owner']);
  assert.equal(hops, path.filter(({ outcome }) => outcome === 'redirect' || outcome === 'owner').length);
});

test('a call that is late gets another beside it, and the owner counts whichever comes first', () => {
  const bench = settled();
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  assert.notEqual(bench.requested(D, 'findOwner'), undefined);
  const late = bench.requested(A, 'findOwner');
  bench.timer('lookup:1');
  assert.notEqual(bench.requested(A, 'findOwner'), late);
  bench.reply(D, 'findOwner', { type: 'owner', predecessor: B, successors: [A] });
  const [{ outcome, owner, hops } = assert.fail()] = bench.found;
  assert.deepEqual([outcome, owner?.id, hops], ['found', '40', 1]);
});

test('with hedging off one call is waited for until its time is up', () => {
  const bench = settled({ ...DEFAULT_PARAMETERS, lookupCallsMax: 1 });
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 5_000 });
  assert.ok((bench.state.timers.get('lookup:1') ?? 0) - bench.now > 4_000);
});

test('a lookup that is redirected to a silent node again and again asks it once in each start, and ends', () => {
  const bench = settled();
  const until = bench.now + 3_000;
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: until });
  let asked = 0;
  while (bench.found.length === 0) {
    if (bench.requested(C, 'findOwner') !== undefined) {
      bench.fail(C, 'findOwner');
      asked++;
    } else if (bench.requested(D, 'findOwner') !== undefined)
      bench.reply(D, 'findOwner', { type: 'redirect', next: [C, A] });
    else if (bench.requested(A, 'findOwner') !== undefined)
      bench.reply(A, 'findOwner', { type: 'redirect', next: [C, D] });
    else bench.timer('lookup:1');
  }
  assert.equal(bench.found[0]?.outcome, 'failed');
  assert.ok(asked <= 8, `${asked} calls to the silent node`);
});

test('a node that refuses a question is not taken for silent', () => {
  const bench = settled();
  bench.timer('stabilize');
  bench.refuse(D, 'neighbours');
  assert.equal(bench.state.members.get('40')?.health, 'alive');
});

test('a node that others cannot reach is nobody to ask before it has answered', () => {
  const bench = settled();
  bench.ask(A, { type: 'members', digest: '', entries: [{ contact: C, status: 'suspect' }] });
  bench.feed({ type: 'lookup', lookupId: 1, key: '28', deadlineMs: bench.now + 1_000 });
  assert.equal(bench.requested(C, 'findOwner'), undefined);
  assert.notEqual(bench.requested(D, 'findOwner'), undefined);
});

test('a member list that differs is told to one who compares, and not to every bringer of news', () => {
  const bench = settled();
  const entries = [{ contact: C, status: 'alive' as const }];
  const told = bench.ask(A, { type: 'members', digest: '', entries });
  assert.deepEqual(told?.type === 'members' ? told.entries : null, []);
  const compared = bench.ask(A, { type: 'members', digest: '', entries: [] });
  assert.ok(compared?.type === 'members' && compared.entries.length > 0);
});

test('a list full of members that never answered has room for one that is met', () => {
  const bench = settled();
  const names = Array.from({ length: 250 }, (_, i) => contact((i + 4).toString(16).padStart(2, '0')));
  const entries = names.map((named) => ({ contact: named, status: 'suspect' as const }));
  bench.ask(A, { type: 'members', digest: '', entries });
  bench.ask(contact('ff'), { type: 'neighbours', listHash: '', notify: null });
  assert.ok(bench.state.members.has('ff'));
});

test('a suspect whose ping fell into a pause of its prober is asked again', () => {
  const bench = settled();
  bench.now += 2_000;
  bench.timer('probe');
  bench.fail(D, 'ping');
  bench.timer('suspect:40');
  assert.notEqual(bench.requested(D, 'ping'), undefined);
  bench.now += 60_000;
  bench.fail(D, 'ping');
  assert.equal(bench.state.members.get('40')?.health, 'suspect');
  assert.ok(bench.state.timers.has('suspect:40') || bench.requested(D, 'ping') !== undefined);
});

test('a suspect that a neighbour can reach is not declared dead', () => {
  const bench = settled();
  bench.fail(D, 'notify');
  bench.timer('suspect:40');
  bench.fail(D, 'ping');
  bench.timer('suspect:40');
  bench.reply(A, 'pingVia', { type: 'pongVia', answered: true });
  bench.fail(D, 'ping');
  assert.deepEqual(bench.list, ['40', '10']);
  assert.ok(!bench.events.includes('dead'));
});

test('a request for another life is refused, and a later life of a neighbour ends the earlier one', () => {
  const bench = settled();
  assert.deepEqual(bench.ask(A, { type: 'ping' }, 7), { type: 'otherIncarnation' });
  bench.ask(contact('40', 2), { type: 'bestPredecessor', id: '40' });
  assert.deepEqual(bench.list, ['40', '10']);
  bench.reply(contact('40', 2), 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['10']);
  assert.deepEqual(bench.ask(D, { type: 'notify', standing: 'settled' }), { type: 'notMember' });
});

test('a later life that was only named ends the earlier one in the list as soon as it answers', () => {
  const bench = settled();
  const later = contact('50', 2);
  bench.ask(later, { type: 'bestPredecessor', id: '50' });
  bench.timer('stabilize');
  bench.reply(D, 'neighbours', list(B, contact('50'), A));
  assert.deepEqual(bench.list, ['40', '50', '10']);
  bench.now += DEFAULT_PARAMETERS.settleMs;
  bench.timer('probe');
  bench.reply(later, 'ping', { type: 'pong', joined: false });
  assert.deepEqual(bench.list, ['40', '10']);
});

test('a node that meets a later life of its own says so once and stops answering', () => {
  const bench = settled();
  bench.ask(contact('20', 5), { type: 'ping' });
  assert.ok(!bench.events.includes('superseded'));
  bench.reply(contact('20', 5), 'ping', { type: 'pong', joined: false });
  bench.ask(contact('20', 5), { type: 'ping' });
  assert.equal(bench.events.filter((type) => type === 'superseded').length, 1);
  assert.deepEqual(bench.ask(C, { type: 'neighbours', listHash: '', notify: null }), { type: 'notMember' });
});

test('a node alone owns every key, in no hops', () => {
  const bench = new Bench(A);
  bench.feed({ type: 'create' });
  assert.equal(bench.ask(B, { type: 'findOwner', key: 'ff' })?.type, 'owner');
});

test('a node silent for longer than its probes allow owns nothing until it is sure again', () => {
  const bench = settled();
  bench.now += 60_000;
  assert.equal(bench.ask(C, { type: 'findOwner', key: '18' })?.type, 'redirect');
  assert.equal(bench.ask(C, { type: 'neighbours', listHash: '', notify: null })?.type, 'neighbours');
});

test('lists longer than agreed and identifiers of another length are not taken in', () => {
  const bench = settled();
  bench.timer('stabilize');
  const long = Array.from({ length: 33 }, (_, i) => contact((0x50 + i).toString(16)));
  bench.reply(D, 'neighbours', list(B, ...long));
  assert.deepEqual(bench.list, ['40', '10']);
  assert.deepEqual(bench.ask(contact('1234'), { type: 'notify', standing: 'settled' }), {
    type: 'notMember',
  });
  assert.equal(bench.state.predecessor?.id, '10');
});
