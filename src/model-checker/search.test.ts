/** The production step function, explored: complete for small bounds here, for larger ones in the long tier. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recoveryOf } from './recovery.ts';
import { assumed, busy, fromOne, meetingLater, parametersOf, type Scenario, without } from './scenario.ts';
import { Search, type SearchResult } from './search.ts';
import { tell } from './trace.ts';

const STATES_MAX = 2_000_000;

function explore(scenario: Scenario): SearchResult & { story: string[] } {
  const search = new Search(parametersOf(scenario), scenario.bounds);
  const result = search.run(scenario.starts, { statesMax: STATES_MAX, isOver: () => false });
  return { ...result, story: tell(search.world, result.trace, result.violation) };
}

function assertHolds(scenario: Scenario): void {
  const { isComplete, violation, states, story } = explore(scenario);
  assert.equal(violation, null, `${scenario.name}\n${story.join('\n')}`);
  assert.ok(isComplete, `${scenario.name}: more than ${states} worlds`);
}

test('within the assumptions of the proof every invariant holds, and owners are true, whatever the order', () => {
  assertHolds(assumed(4, 1, 0, 2));
  assertHolds(assumed(4, 0, 0, 3, true));
  assertHolds(meetingLater(assumed(4, 1, 0, 2)));
});

test('from a ring of one nobody is left without a live successor, and there is one ring in order', () => {
  assertHolds(fromOne(3, 1, 0, 3));
});

test('without asking the node that is adopted, a dead one becomes the only successor', () => {
  const scenario = without('contactBeforeAdopting', assumed(5, 2, 0, 2));
  const { violation, trace } = explore({ ...scenario, starts: [[1, 2, 3, 4]] });
  assert.match(violation ?? 'nothing', /^I1 OneLiveSuccessor/);
  assert.ok(trace.length <= 12);
});

test('without cutting lists at the node itself, it follows itself', () => {
  const { violation, trace } = explore(without('cutAtSelf', fromOne(2, 0, 0, 3)));
  assert.match(violation ?? 'nothing', /a node in its own successor list \(I3\)/);
  assert.equal(trace.length - 1, 3);
});

test('without verifying that it owns a key, any member answers for it', () => {
  const { violation, trace } = explore(without('ownerVerification', assumed(4, 0, 0, 1)));
  assert.match(violation ?? 'nothing', /^owner: n0 answers for a key of n1/);
  assert.equal(trace.length, 1);
});

test('without lives in its pointers, a node takes an earlier life for a later one', () => {
  const { violation, trace } = explore(without('incarnation', fromOne(3, 1, 1, 3)));
  assert.match(violation ?? 'nothing', /^I1 OneLiveSuccessor/);
  assert.ok(trace.length <= 20);
});

test('without the guard at the moment of applying, the late answer of an earlier life makes it the head', () => {
  const scenario = meetingLater(without('applyTimeGuard', assumed(4, 1, 1, 3)));
  const { violation, trace } = explore(scenario);
  assert.match(violation ?? 'nothing', /^dead successor/);
  assert.equal(trace.length - 1, 5);
});

test('busy mode leaves every invariant as it is and nobody stuck, and explores ten times the worlds', () => {
  const scenario = assumed(4, 1, 0, 3);
  const [guarded, refusing] = [scenario, busy(scenario)].map((one) => {
    const search = new Search(parametersOf(one), one.bounds);
    const { violation, isComplete, states } = search.run(one.starts, {
      statesMax: STATES_MAX,
      isOver: () => false,
    });
    assert.equal(violation, null);
    assert.ok(isComplete);
    return { states, ...recoveryOf(search, states) };
  });
  assert.equal(guarded?.stuck, 0);
  assert.equal(refusing?.stuck, 0);
  // Four in a circle wait for one another: refused at once, and so none of them waits for ever.
  assert.equal(guarded?.longestWait, 4);
  assert.equal(refusing?.longestWait, 4);
  assert.ok((refusing?.states ?? 0) > 10 * (guarded?.states ?? 0));
});

test('busy mode does not save a node from the late answer of an earlier life where the guard is off', () => {
  const scenario = busy(meetingLater(without('applyTimeGuard', assumed(4, 1, 1, 3))));
  const { violation, trace } = explore(scenario);
  assert.match(violation ?? 'nothing', /^dead successor/);
  assert.equal(trace.length - 1, 8);
});

test('with five places and one crash, a joiner whose head dies answers for a key beside the next owner', () => {
  const scenario = { ...assumed(5, 1, 0, 2), starts: [[1, 2, 3, 4]] };
  const { violation, trace } = explore(scenario);
  assert.match(violation ?? 'nothing', /^owner: /);
  assert.equal(trace.length - 1, 15);
});
