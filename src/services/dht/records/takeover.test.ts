import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { RingEvent } from '../../../ring/effect.ts';
import type { Contact } from '../../../ring/message.ts';
import type { RingPort } from '../ring-port.ts';
import { MACHINE_CLOCK } from './clock.ts';
import { OwnerMap } from './owner-map.ts';
import { Ownership } from './ownership.ts';
import type { RangeSync, Source } from './range-sync.ts';
import { Takeover } from './takeover.ts';

const contact = (digit: string): Contact => ({ id: digit.repeat(64), incarnation: 1, address: `${digit}:1` });
const [PREDECESSOR, SELF, NEXT] = [contact('1'), contact('8'), contact('a')];
const RANGE = { from: PREDECESSOR.id, to: SELF.id };

/** A node between two others, of which the next answers as told; null for silence. It has no patience left at all. */
function takeoverWhere(nextSays: () => Source | null) {
  const ring: RingPort = {
    self: SELF,
    neighbours: () => ({ joined: true, inDoubt: false, predecessor: PREDECESSOR, successors: [NEXT] }),
    // After the next the ring closes.
    lookup: async (key) => ({
      lookupId: 1,
      key,
      outcome: 'found',
      owner: SELF,
      predecessor: PREDECESSOR,
      successors: [NEXT],
      path: [],
      hops: 0,
    }),
    onEvent: () => () => {},
  };
  const ownership = new Ownership(ring);
  const sync = {
    take: async () => {
      const source = nextSays();
      if (source === null) throw new Error('no answer');
      return source;
    },
  } as unknown as RangeSync;
  const takeover = new Takeover({
    ring,
    ownership,
    owners: new OwnerMap(ring, 1_000),
    sync,
    clock: MACHINE_CLOCK,
    log: pino({ level: 'silent' }),
    claimPatienceMs: 0,
  });
  return { takeover, ownership };
}

const { signal } = new AbortController();

test('a range that another node takes for its own is not claimed, however long that goes on', async () => {
  let isOwner = true;
  const { takeover, ownership } = takeoverWhere(() => ({ holding: 'part', isOwner, isTaken: true }));
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await takeover.pull(RANGE, signal), false);
    assert.equal(ownership.isClaimed(RANGE), false);
  }
  isOwner = false;
  assert.equal(await takeover.pull(RANGE, signal), true);
  assert.equal(ownership.isClaimed(RANGE), true);
});

test('a node that is silent for longer than the patience keeps no range unclaimed', async () => {
  const { takeover, ownership } = takeoverWhere(() => null);
  assert.equal(await takeover.pull(RANGE, signal), true);
  assert.equal(ownership.isClaimed(RANGE), true);
});

test('a ring of one that waits for other orphans claims nothing before it is sure', () => {
  let inDoubt = true;
  const listeners: ((event: RingEvent) => void)[] = [];
  const ownership = new Ownership({
    self: SELF,
    neighbours: () => ({ joined: true, inDoubt, predecessor: null, successors: [] }),
    lookup: () => Promise.reject(new Error('not asked')),
    onEvent: (listener) => {
      listeners.push(listener);
      return () => {};
    },
  });
  ownership.start();
  for (const listener of listeners) listener({ type: 'joined' });
  const everything = { from: SELF.id, to: SELF.id };
  assert.equal(ownership.isClaimed(everything), false);
  inDoubt = false;
  assert.equal(ownership.isClaimed(everything), false, 'not what it claimed in doubt');
  for (const listener of listeners) listener({ type: 'settled' });
  assert.equal(ownership.isClaimed(everything), true);
});

test('a range of which this node refuses something is not claimed: a clock set back would hide what is new', async () => {
  let isTaken = false;
  const { takeover, ownership } = takeoverWhere(() => ({ holding: 'copy', isOwner: false, isTaken }));
  assert.equal(await takeover.pull(RANGE, signal), false);
  assert.equal(ownership.isClaimed(RANGE), false);
  isTaken = true;
  assert.equal(await takeover.pull(RANGE, signal), true);
});

test('a copy is none any more once no owner has confirmed it for long: others hold what is written since', () => {
  let nowMs = 0;
  const clock = { ...MACHINE_CLOCK, monotonicMs: () => nowMs };
  const neighbours = { joined: true, inDoubt: false, predecessor: PREDECESSOR, successors: [NEXT] };
  const ring = { self: SELF, neighbours: () => neighbours, onEvent: () => () => {} };
  const ownership = new Ownership(ring as unknown as RingPort, clock, 60_000);
  const [theirs, mine] = [{ from: NEXT.id, to: PREDECESSOR.id }, RANGE];
  ownership.hold(theirs);
  ownership.claim(mine);
  nowMs = 140_000;
  assert.equal(ownership.holdingOf(theirs), 'copy');
  nowMs = 160_000;
  assert.equal(ownership.holdingOf(theirs), 'part');
  assert.equal(ownership.holdingOf(mine), 'whole');
  // A newcomer takes some of it: for a while that is a copy.
  neighbours.predecessor = contact('4');
  ownership.start();
  const lost = { from: PREDECESSOR.id, to: contact('4').id };
  assert.equal(ownership.holdingOf(lost), 'copy');
  nowMs = 320_000;
  assert.equal(ownership.holdingOf(lost), 'part');
});
