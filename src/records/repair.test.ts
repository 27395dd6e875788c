import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Holder, Presence } from './copies.ts';
import { releaseOf, VERIFIED_MS } from './release.ts';
import { ASK_MS, type Candidate, type ContentState, decide, RETURN_MS, STEADY_MS } from './repair.ts';

const MINUTE_MS = 60_000;
const NOW = 100 * STEADY_MS;
const KEY = '50';

const here: Presence = { type: 'here', sinceMs: 0 };
const left: Presence = { type: 'left' };
const awayFor = (ms: number): Presence => ({ type: 'away', sinceMs: NOW - ms });

const holder = (node: string, presence: Presence = here, more: Partial<Holder> = {}): Holder => ({
  node,
  presence,
  isOwn: false,
  site: null,
  ...more,
});
const candidate = (node: string, more: Partial<Candidate> = {}): Candidate => ({
  node,
  site: null,
  roomBytes: 1_000,
  ...more,
});
const ring = ['10', '20', '30', '60', '70', '80'].map((node) => candidate(node));

function state(holders: readonly Holder[], more: Partial<ContentState> = {}): ContentState {
  return { key: KEY, wanted: 2, size: 10, holders, asked: [], candidates: ring, ...more };
}

describe('the copies of a content are repaired', () => {
  test('the next nodes in ring order from the key are asked, round the ring', () => {
    assert.deepEqual(decide(state([holder('60')], { wanted: 4 }), NOW), {
      type: 'ask',
      nodes: ['70', '80', '10'],
    });
  });

  test('who has no room is passed over, and where nobody has any, nobody is asked', () => {
    const candidates = [candidate('70', { roomBytes: 9 }), candidate('80', { roomBytes: 10 })];
    assert.deepEqual(decide(state([holder('60')], { candidates }), NOW), { type: 'ask', nodes: ['80'] });
    const full = { candidates: [candidate('70', { roomBytes: 0 })] };
    assert.deepEqual(decide(state([holder('60')], full), NOW), { type: 'rest' });
  });

  test('a silent holder counts for 15 minutes, and then no more', () => {
    const silent = (ms: number) => decide(state([holder('60'), holder('70', awayFor(ms))]), NOW);
    assert.deepEqual(silent(14 * MINUTE_MS), { type: 'wait', untilMs: NOW + MINUTE_MS });
    assert.deepEqual(silent(RETURN_MS), { type: 'ask', nodes: ['80'] });
  });

  test('one that said that it goes is replaced at once', () => {
    assert.deepEqual(decide(state([holder('60'), holder('70', left)]), NOW), { type: 'ask', nodes: ['80'] });
  });

  test('one that returned counts again', () => {
    const back: Presence = { type: 'here', sinceMs: NOW };
    assert.deepEqual(decide(state([holder('60'), holder('70', back)]), NOW), { type: 'rest' });
  });

  test('who was asked counts while it has time, unless it is gone', () => {
    const asked = (agoMs: number, node = '70') =>
      decide(state([holder('60')], { asked: [{ node, sinceMs: NOW - agoMs }] }), NOW);
    assert.deepEqual(asked(MINUTE_MS), { type: 'wait', untilMs: NOW + ASK_MS - MINUTE_MS });
    assert.deepEqual(asked(ASK_MS), { type: 'ask', nodes: ['70'] });
    assert.deepEqual(asked(MINUTE_MS, '75'), { type: 'ask', nodes: ['70'] });
  });

  test('nobody is asked to copy what nobody has here', () => {
    assert.deepEqual(decide(state([holder('60', awayFor(2 * RETURN_MS))]), NOW), { type: 'rest' });
    assert.deepEqual(decide(state([]), NOW), { type: 'rest' });
  });

  test('a site without a copy comes before a nearer node', () => {
    const candidates = [
      candidate('70', { site: 'a' }),
      candidate('80', { site: 'b' }),
      candidate('10', { site: 'a' }),
    ];
    const holders = [holder('60', here, { site: 'a' })];
    assert.deepEqual(decide(state(holders, { candidates }), NOW), { type: 'ask', nodes: ['80'] });
    assert.deepEqual(decide(state(holders, { candidates, wanted: 3 }), NOW), {
      type: 'ask',
      nodes: ['80', '70'],
    });
  });

  test('of too many the farthest is told, and never an own file', () => {
    const three = [holder('60'), holder('30'), holder('70')];
    assert.deepEqual(decide(state(three), NOW), { type: 'drop', node: '30', nearer: ['60', '70'] });
    const own = [holder('60'), holder('30', here, { isOwn: true }), holder('70')];
    assert.deepEqual(decide(state(own), NOW), { type: 'drop', node: '70', nearer: ['30', '60'] });
    const allOwn = own.map((copy) => ({ ...copy, isOwn: true }));
    assert.deepEqual(decide(state(allOwn), NOW), { type: 'rest' });
  });

  test('of nodes that come and go no copy is one too many', () => {
    const fresh: Presence = { type: 'here', sinceMs: NOW - STEADY_MS + 1 };
    assert.deepEqual(decide(state([holder('60'), holder('70', fresh), holder('80')]), NOW), { type: 'rest' });
  });

  test('the only copy of a site is not one too many', () => {
    const [a, b] = [{ site: 'a' }, { site: 'b' }];
    const spread = [holder('60', here, a), holder('70', here, a), holder('80', here, b)];
    assert.deepEqual(decide(state(spread), NOW), { type: 'rest' });
    const again = [...spread, holder('10', here, b)];
    assert.deepEqual(decide(state(again), NOW), { type: 'drop', node: '10', nearer: ['60', '70', '80'] });
  });

  test('what nobody publishes any more is neither copied nor told to go: its holders see to it', () => {
    assert.deepEqual(decide(state([holder('60'), holder('70')], { wanted: 0 }), NOW), { type: 'rest' });
  });
});

describe('a copy that is kept for others goes', () => {
  const self = { node: '80', isOwn: false, site: null };
  const verified = (node: string, agoMs = 0, more = {}) => ({
    node,
    isOwn: false,
    site: null,
    atMs: NOW - agoMs,
    ...more,
  });
  const kept = {
    key: KEY,
    self,
    wanted: 2,
    withdrawn: 0,
    isInCustody: false,
    isStale: false,
    verified: [verified('60'), verified('70')],
  };

  test('when as many nearer ones as are wanted proved within the hour that they have it', () => {
    assert.equal(releaseOf(kept, NOW), 'spare');
    const late = [verified('60', VERIFIED_MS), verified('70')];
    assert.equal(releaseOf({ ...kept, verified: late }, NOW), null);
    assert.equal(
      releaseOf({ ...kept, verified: [verified('60'), verified('10')] }, NOW),
      null,
      '10 is farther',
    );
    assert.equal(releaseOf({ ...kept, verified: [verified('60'), verified('80')] }, NOW), null, 'itself');
    const own = [verified('60'), verified('10', 0, { isOwn: true })];
    assert.equal(
      releaseOf({ ...kept, verified: own }, NOW),
      'spare',
      'an own file is nearer than all others',
    );
  });

  test('not when it is an own file, a task wants it, or it is the only one of its site', () => {
    assert.equal(releaseOf({ ...kept, self: { ...self, isOwn: true } }, NOW), null);
    assert.equal(releaseOf({ ...kept, isInCustody: true }, NOW), null);
    const elsewhere = [verified('60', 0, { site: 'a' }), verified('70', 0, { site: 'a' })];
    assert.equal(releaseOf({ ...kept, self: { ...self, site: 'b' }, verified: elsewhere }, NOW), null);
  });

  test('when every publication of it was withdrawn; not because none is known', () => {
    const none = { ...kept, wanted: 0, verified: [] };
    assert.equal(releaseOf({ ...none, withdrawn: 1 }, NOW), 'withdrawn');
    assert.equal(releaseOf(none, NOW), null);
    assert.equal(releaseOf({ ...none, isStale: true }, NOW), 'withdrawn');
  });

  test('of any number of copies that all look at once, whatever each sees, those wanted stay', () => {
    const nodes = ['60', '70', '80', '10', '20'];
    for (let seen = 0; seen < 2 ** (nodes.length * nodes.length); seen += 9_973) {
      const stays = nodes.filter((node, at) => {
        const view = nodes.filter(
          (_, other) => other !== at && (seen >> ((at * nodes.length + other) % 31)) & 1,
        );
        const state = { ...kept, self: { ...self, node }, verified: view.map((one) => verified(one)) };
        return releaseOf(state, NOW) === null;
      });
      assert.ok(stays.length >= 2, `${seen}: ${stays}`);
    }
  });
});
