/**
 * A lookup under way: the production lookup of one member, whose calls arrive in worlds that others have moved on meanwhile.
 * Tried by chance, within a bound in which every world was searched: there each member answers truly for each key.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Effect, LookupResult } from '../ring/effect.ts';
import type { RingReply } from '../ring/message.ts';
import type { RingState } from '../ring/state.ts';
import { step } from '../ring/step.ts';
import { actionsOf, take } from './actions.ts';
import { cloneState } from './clone.ts';
import { NodeTable } from './node-table.ts';
import { placeOf } from './node-view.ts';
import { receive } from './operations.ts';
import { NOW } from './projection.ts';
import { Properties, trueOwner } from './properties.ts';
import { assumed, parametersOf } from './scenario.ts';
import { startIdeal } from './start.ts';
import { World } from './world.ts';

type Send = Extract<Effect, { type: 'send' }>;

const PLACES = 4;
const scenario = assumed(PLACES, 1, 1, 3);
const properties = new Properties(PLACES);
/** More calls than four places can need in one start. */
const CALLS_MAX = 30;

/** Something happens; nothing where the choice is not within the bound. */
function moveOn(world: World, choice: number): void {
  const before = new Int32Array(world.width);
  world.writeRow(before);
  const actions = actionsOf(world);
  const action = actions[choice % actions.length];
  if (action === undefined) return;
  if (!take(world, action, properties) || world.letters.length > scenario.bounds.messagesMax)
    world.readRow(before);
}

/** What the node that is asked says in this world; null when it is dead. */
function answerOf(world: World, asker: RingState, { to, request }: Send): RingReply | null {
  const life = world.table.places.life(to);
  const state = world.table.state(world.nodes[placeOf(life)] as number);
  if (state === null || !world.isRunning(life)) return null;
  const effects = receive(cloneState(state), asker.self, to.incarnation, request);
  const reply = effects.find((effect) => effect.type === 'reply');
  return reply?.type === 'reply' ? reply.reply : null;
}

/** The lookup as its asker goes on with it, apart from the world. */
class LookupUnderWay {
  readonly asker: RingState;
  call: Send | null = null;
  result: LookupResult | null = null;

  constructor(asker: RingState, key: string) {
    this.asker = cloneState(asker);
    this.go(step(this.asker, NOW, () => 0.5, { type: 'lookup', lookupId: 1, key, deadlineMs: NOW + 5_000 }));
  }

  hear({ requestId, to }: Send, reply: RingReply | null): void {
    this.go(
      step(
        this.asker,
        NOW,
        () => 0.5,
        reply === null
          ? { type: 'failure', requestId, reason: 'dead' }
          : { type: 'reply', requestId, from: to, reply },
      ),
    );
  }

  private go(effects: readonly Effect[]): void {
    this.call = null;
    for (const effect of effects) {
      if (effect.type === 'send' && effect.request.type === 'findOwner') this.call = effect;
      if (effect.type === 'event' && effect.event.type === 'lookupDone') this.result = effect.event.result;
    }
  }
}

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 40 });

test('a lookup under way while others join, die and stabilise finds who owned the key when it answered', () => {
  let found = 0;
  let redirected = 0;
  fc.assert(
    fc.property(choices, choices, fc.nat(), fc.nat(), (path, later, from, of) => {
      const world = new World(new NodeTable(PLACES, parametersOf(scenario)), scenario.bounds);
      startIdeal(world, scenario.starts[(path[0] ?? 0) % scenario.starts.length] as readonly number[]);
      for (const choice of path) moveOn(world, choice);
      const members = world.nodes.map((_, place) => place).filter((place) => world.view(place).isMember);
      const asker = world.table.state(world.nodes[members[from % members.length] as number] as number);
      assert.ok(asker);
      const key = of % PLACES;
      const lookup = new LookupUnderWay(asker, world.table.places.ids[key] as string);
      let moves = 0;
      for (let calls = 0; calls < CALLS_MAX && lookup.call !== null; calls++) {
        const { call } = lookup;
        // Up to three things happen before each call arrives.
        for (let i = 0; i <= calls % 3 && moves < later.length; i++) moveOn(world, later[moves++] as number);
        const reply = answerOf(world, lookup.asker, call);
        if (reply?.type === 'redirect') redirected++;
        if (reply?.type === 'owner')
          assert.equal(placeOf(world.table.places.life(call.to)), trueOwner(world, key));
        lookup.hear(call, reply);
        const { result } = lookup;
        if (result?.outcome !== 'found') continue;
        found++;
        assert.equal(reply?.type, 'owner', 'no answer but the owner’s own counts');
        assert.equal(result.owner?.id, call.to.id);
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(found > 100 && redirected > 20, `${found} found, ${redirected} redirected`);
});
