import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  afterLeave,
  afterPause,
  afterRestart,
  afterSign,
  afterSilence,
  availability,
  type Presence,
  TIMINGS,
  type Transition,
  type WatchSpan,
} from './availability.ts';

const HOUR_MS = 3_600_000;

function silentFor(presence: Presence, fromMs: number, toMs: number): Presence {
  let current = presence;
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) current = afterSilence(current, nowMs, TIMINGS);
  return current;
}

describe('the state of a node', () => {
  it('stays active while heartbeats come every two seconds, some half a second late', () => {
    let presence = afterSign(0);
    for (let beat = 1; beat <= 100; beat++) {
      const atMs = beat * 2_000 + (beat % 2) * 500;
      presence = afterSilence(presence, atMs, TIMINGS);
      assert.equal(presence.state, 'active');
      presence = afterSign(atMs);
    }
  });

  it('becomes suspect, then inactive at most 8 s after the last sign', () => {
    const presence = afterSign(1_000);
    assert.equal(silentFor(presence, 1_000, 5_000).state, 'active');
    assert.equal(silentFor(presence, 1_000, 5_500).state, 'suspect');
    assert.equal(silentFor(presence, 1_000, 8_000).state, 'suspect');
    assert.equal(silentFor(presence, 1_000, 9_000).state, 'inactive');
  });

  it('is inactive at once after a goodbye, and active at once when it speaks again', () => {
    assert.equal(afterLeave(10).state, 'inactive');
    assert.equal(afterSilence(afterLeave(10), 11, TIMINGS).state, 'inactive');
    assert.equal(afterSign(20).state, 'active');
  });

  it('never gets better by silence alone', () => {
    const rank = { active: 2, suspect: 1, inactive: 0 };
    fc.assert(
      fc.property(fc.nat(20_000), fc.array(fc.nat(3_000), { maxLength: 20 }), (startMs, steps) => {
        let presence = afterSign(startMs);
        let nowMs = startMs;
        for (const step of steps) {
          nowMs += step;
          const next = afterSilence(presence, nowMs, TIMINGS);
          assert.ok(rank[next.state] <= rank[presence.state]);
          presence = next;
        }
      }),
    );
  });

  it('is not judged for the time in which the portmapper stood still', () => {
    fc.assert(
      fc.property(fc.nat(2_000), fc.nat(HOUR_MS), fc.nat(2_000), (silentMs, pausedMs, untilNextMs) => {
        const nowMs = silentMs + pausedMs;
        const presence = afterPause(afterSign(0), pausedMs, nowMs, TIMINGS);
        assert.equal(afterSilence(presence, nowMs + untilNextMs, TIMINGS).state, 'active');
      }),
    );
  });

  it('dies of its silence all the same when the portmapper paused', () => {
    const presence = afterPause(afterSign(0), 60_000, 62_000, TIMINGS);
    assert.equal(silentFor(presence, 62_000, 62_000 + 8_000).state, 'inactive');
  });

  it('is suspect after a restart of the portmapper till it speaks, and inactive if it never does', () => {
    const presence = afterRestart('active', 100);
    assert.equal(presence.state, 'suspect');
    assert.equal(silentFor(presence, 100, 7_000).state, 'suspect');
    assert.equal(silentFor(presence, 100, 8_100).state, 'inactive');
    assert.equal(afterRestart('inactive', 100).state, 'inactive');
  });
});

describe('availability', () => {
  const watchedAll: WatchSpan[] = [{ fromMs: 0, toMs: 10 * HOUR_MS }];

  it('is the share of watched time in which the node was active', () => {
    const transitions: Transition[] = [
      { atMs: 0, state: 'active' },
      { atMs: 9 * HOUR_MS + HOUR_MS / 2, state: 'suspect' },
      { atMs: 9 * HOUR_MS + (3 * HOUR_MS) / 4, state: 'inactive' },
    ];
    assert.equal(availability(transitions, watchedAll, 10 * HOUR_MS, HOUR_MS), 0.5);
    assert.equal(availability(transitions, watchedAll, 10 * HOUR_MS, 10 * HOUR_MS), 0.95);
  });

  it('counts a node from its first sign, not from the start of the window', () => {
    const transitions: Transition[] = [{ atMs: 9 * HOUR_MS, state: 'active' }];
    assert.equal(availability(transitions, watchedAll, 10 * HOUR_MS, 24 * HOUR_MS), 1);
  });

  it('leaves out the time in which the portmapper was down', () => {
    const spans: WatchSpan[] = [
      { fromMs: 0, toMs: HOUR_MS },
      { fromMs: 9 * HOUR_MS, toMs: 10 * HOUR_MS },
    ];
    const transitions: Transition[] = [
      { atMs: 0, state: 'active' },
      { atMs: 9 * HOUR_MS, state: 'inactive' },
    ];
    assert.equal(availability(transitions, spans, 10 * HOUR_MS, 24 * HOUR_MS), 0.5);
  });

  it('is null where nobody watched', () => {
    assert.equal(availability([], watchedAll, HOUR_MS, HOUR_MS), null);
    const transitions: Transition[] = [{ atMs: 0, state: 'active' }];
    assert.equal(availability(transitions, [], HOUR_MS, HOUR_MS), null);
    assert.equal(availability(transitions, watchedAll, 20 * HOUR_MS, HOUR_MS), null);
  });

  it('agrees with counting every moment, for any history', () => {
    const times = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 12 });
    const states = fc.infiniteStream(
      fc.constantFrom('active' as const, 'suspect' as const, 'inactive' as const),
    );
    fc.assert(
      fc.property(
        times,
        states,
        times,
        fc.integer({ min: 1, max: 70 }),
        (changes, kinds, edges, windowMs) => {
          const transitions: Transition[] = [...changes]
            .sort((one, other) => one - other)
            .map((atMs) => ({ atMs, state: kinds.next().value }));
          const sorted = [...edges].sort((one, other) => one - other);
          const spans: WatchSpan[] = [];
          for (let i = 0; i + 1 < sorted.length; i += 2) {
            spans.push({ fromMs: sorted[i] as number, toMs: sorted[i + 1] as number });
          }
          assert.equal(
            availability(transitions, spans, 65, windowMs),
            byCounting(transitions, spans, 65, windowMs),
          );
        },
      ),
    );
  });
});

function byCounting(
  transitions: readonly Transition[],
  spans: readonly WatchSpan[],
  nowMs: number,
  windowMs: number,
): number | null {
  let watched = 0;
  let active = 0;
  for (let ms = Math.max(0, nowMs - windowMs); ms < nowMs; ms++) {
    const state = transitions.findLast(({ atMs }) => atMs <= ms)?.state;
    if (state === undefined || !spans.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)) continue;
    watched++;
    if (state === 'active') active++;
  }
  return watched === 0 ? null : active / watched;
}
