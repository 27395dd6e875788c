/** What the model looks at is all that matters: tried on states met by chance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Lookup, RingState } from '../ring/state.ts';
import { actionsOf, take } from './actions.ts';
import { cloneState } from './clone.ts';
import { NodeTable, Operation, type Outcome } from './node-table.ts';
import { FIELDS, NOW, project, settle } from './projection.ts';
import { Properties } from './properties.ts';
import { assumed, fromOne, parametersOf } from './scenario.ts';
import { startIdeal } from './start.ts';
import { World } from './world.ts';

/** A world some steps from a start, the numbers say which. */
function wander(steps: readonly number[], isAssumed: boolean): World {
  const scenario = isAssumed ? assumed(4, 2, 2, 4, true) : fromOne(4, 2, 2, 6);
  const world = new World(new NodeTable(4, parametersOf(scenario)), scenario.bounds);
  const properties = new Properties(4);
  startIdeal(world, scenario.starts[(steps[0] ?? 0) % scenario.starts.length] as readonly number[]);
  for (const step of steps) {
    const choices = actionsOf(world);
    const before = new Int32Array(world.width);
    world.writeRow(before);
    const choice = choices[step % choices.length];
    if (choice === undefined) break;
    if (!take(world, choice, properties) || world.letters.length > scenario.bounds.messagesMax)
      world.readRow(before);
  }
  return world;
}

const steps = fc.array(fc.nat(), { minLength: 1, maxLength: 60 });

function statesOf(world: World): { node: number; state: RingState }[] {
  return world.nodes.flatMap((node) => {
    const state = world.table.state(node);
    return state === null ? [] : [{ node, state }];
  });
}

/** Time has passed, waits are longer, requests have other numbers: nothing that the model keeps. */
function disturb(state: RingState, by: number): void {
  state.seeds.push(...state.successors);
  state.joinHops += by;
  state.joinAttempts += by;
  state.stabilizeSince = NOW - by;
  state.stabilizeWaitMs += by;
  state.lastStabilizeAt = NOW - 100 - by;
  state.membersChanged = by % 2 === 0;
  state.nextRequestId += by;
  state.probeTurn = 0;
  state.timers.set('exchange', NOW + by);
  for (const member of state.members.values()) {
    member.newsLeft = by % 3;
    member.reviveWaitMs += by;
    member.misses = 0;
    member.heardAt = NOW - (by % 1000);
  }
}

/** What comes of everything that the node can do by itself, as the search sees it. */
function outcomesOf(table: NodeTable, node: number): Outcome[] {
  const { STABILIZE, DOUBT, PUSH, EXPIRE, PROBE, FIND_DEAD } = Operation;
  const timers = [STABILIZE, DOUBT, PUSH, EXPIRE].map((operation) => table.outcome(node, operation));
  const view = table.view(node);
  const probes = view.members.map(({ life }) => table.outcome(node, PROBE, life >> 4));
  const deaths = view.named.map((life) => table.outcome(node, FIND_DEAD, life));
  return [...timers, ...probes, ...deaths];
}

test('what is abstracted changes neither the projection nor what comes of any step', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), fc.integer({ min: 1, max: 5000 }), (path, isAssumed, by) => {
      const world = wander(path, isAssumed);
      const { table } = world;
      for (const { node, state } of statesOf(world)) {
        const other = cloneState(state);
        disturb(other, by);
        settle(other, table.messages);
        assert.equal(project(other), project(state));
        // A table of its own carries everything out again.
        const apart = new NodeTable(4, table.parameters, table.messages);
        const projected = ({ next, sent, reply }: Outcome, of: NodeTable): unknown[] => [
          project(of.state(next) as RingState),
          sent,
          reply,
        ];
        assert.deepEqual(
          outcomesOf(apart, apart.keep(other)).map((outcome) => projected(outcome, apart)),
          outcomesOf(table, node).map((outcome) => projected(outcome, table)),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test('what is kept tells states apart', () => {
  const world = wander([3, 1, 4, 1, 5, 9, 2, 6], true);
  for (const { state } of statesOf(world)) {
    const far = { id: '90', incarnation: 3, address: '90.3' };
    const changes: ((changed: RingState) => void)[] = [
      (changed) => {
        changed.phase = 'leaving';
      },
      (changed) => {
        changed.successors = [...changed.successors, far];
      },
      (changed) => {
        changed.predecessor = far;
      },
      (changed) => {
        changed.waitingNotifier = { contact: far, standing: 'settled' };
      },
      (changed) => {
        changed.doubt =
          changed.doubt === null
            ? {
                cause: 'joined',
                since: NOW,
                successorConfirmed: false,
                predecessorInDoubt: false,
                predecessorConfirmed: true,
                disprovedAt: Number.NEGATIVE_INFINITY,
                awaited: [],
              }
            : null;
      },
      (changed) => {
        changed.stabilizeRequestId = 77;
      },
      (changed) => {
        changed.extendRequestId = 77;
      },
      (changed) => {
        changed.joinRequestId = 77;
      },
      (changed) => {
        changed.pending.set(77, { to: far, sentAt: NOW, timeoutMs: 1, purpose: { type: 'notify' } });
      },
      (changed) => {
        changed.superseded = true;
      },
      (changed) => {
        for (const member of changed.members.values()) member.health = 'dead';
      },
      (changed) => {
        for (const member of changed.members.values()) member.joined = !member.joined;
      },
      (changed) => {
        for (const member of changed.members.values()) member.contact = { ...member.contact, incarnation: 9 };
      },
      (changed) => {
        for (const member of changed.members.values()) member.answeredAt = Number.NEGATIVE_INFINITY;
      },
    ];
    const seen = new Set([project(state)]);
    for (const change of changes) {
      const changed = cloneState(state);
      change(changed);
      seen.add(project(changed));
    }
    assert.ok(seen.size >= changes.length, `${seen.size} of ${changes.length + 1}`);
  }
});

test('a step on a copy leaves the state as it was, and no field of it is new to the model', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (path, isAssumed) => {
      const world = wander(path, isAssumed);
      for (const { node, state } of statesOf(world)) {
        const before = structuredClone(state);
        outcomesOf(world.table, node);
        assert.deepEqual(state, before);
        assert.deepEqual(Object.keys(state).sort(), Object.keys(FIELDS).sort());
      }
    }),
    { numRuns: 60 },
  );
});

test('what a copy changes of a lookup is its own', () => {
  const [first] = statesOf(wander([1], true));
  const state = first?.state as RingState;
  const lookup: Lookup = {
    lookupId: 1,
    key: '20',
    deadline: NOW,
    slot: -1,
    path: [],
    asked: [],
    silent: [],
    chain: 0,
    after: '10',
    before: '20',
    detours: 0,
    alternatives: [],
    calls: [],
    attempts: 0,
  };
  const other = cloneState({ ...state, lookups: new Map([[1, lookup]]) }).lookups.get(1) as Lookup;
  other.asked.push('30');
  other.calls.push(7);
  other.silent.push('30');
  assert.deepEqual([lookup.asked, lookup.calls, lookup.silent], [[], [], []]);
});
