/** What can happen next in a world, and how it happens. */
import { type Action, actionOf, argumentOf, deliveryOf, Kind, kindOf, messageOf, placeIn } from './action.ts';
import { crashIsAssumed } from './assumptions.ts';
import { Operation } from './node-table.ts';
import { LIVES, placeOf } from './node-view.ts';
import type { Properties } from './properties.ts';
import type { World } from './world.ts';

/** Everything that may happen, in a fixed order. */
export function actionsOf(world: World): Action[] {
  const actions: Action[] = world.letters.map(deliveryOf);
  for (let place = 0; place < world.nodes.length; place++) {
    if (world.view(place).isRunning) addOfNode(actions, world, place);
    addStarts(actions, world, place);
  }
  return actions;
}

function addOfNode(actions: Action[], world: World, place: number): void {
  const { isMember, isInDoubt, isIdle, isStabilizing, predecessor, named, life } = world.view(place);
  const { gossips, crashesMax } = world.bounds;
  if (isMember && !isStabilizing) actions.push(actionOf(Kind.STABILIZE, place));
  if (isMember && isInDoubt) {
    actions.push(actionOf(Kind.DOUBT, place));
    // Doubt outlasts the time in which a death is found.
    if (predecessor === null || !world.isRunning(predecessor)) actions.push(actionOf(Kind.EXPIRE, place));
  }
  if (isMember && gossips && predecessor !== null) actions.push(actionOf(Kind.PUSH, place));
  if (isMember) addOfMembers(actions, world, place);
  for (const other of named) {
    if (!world.view(placeOf(other)).isRunning && other !== life)
      actions.push(actionOf(Kind.FIND_DEAD, place, other));
  }
  if (!isIdle && world.crashes < crashesMax) actions.push(actionOf(Kind.CRASH, place));
}

/** Gossip, and pings that are news to one of both. */
function addOfMembers(actions: Action[], world: World, place: number): void {
  const { members, named, life } = world.view(place);
  for (const { life: other, isUnproven, isJoined, isUsable } of members) {
    const there = world.view(placeOf(other));
    if (!there.isRunning) continue;
    if (world.bounds.gossips && isUsable && !isUnproven) actions.push(actionOf(Kind.EXCHANGE, place, other));
    const isKnownThere = there.members.some((known) => known.life === life && known.isUsable);
    const isNews =
      there.life === other
        ? isUnproven || !isKnownThere || (!isJoined && there.isMember)
        : named.includes(other);
    if (isNews) actions.push(actionOf(Kind.PROBE, place, placeOf(other)));
  }
}

function addStarts(actions: Action[], world: World, place: number): void {
  const { isRunning, isIdle, life } = world.view(place);
  if (isRunning && !isIdle) return;
  if (!isRunning && life % LIVES > 0 && world.restarts >= world.bounds.restartsMax) return;
  for (let seed = 0; seed < world.nodes.length; seed++) {
    if (seed !== place && world.view(seed).isMember)
      actions.push(actionOf(Kind.START, place, world.view(seed).life));
  }
}

/** Carries it out in `world`. Returns false for a crash that is not assumed. */
export function take(world: World, taken: Action, properties: Properties): boolean {
  const place = placeIn(taken);
  const argument = argumentOf(taken);
  switch (kindOf(taken)) {
    case Kind.DELIVER:
      world.deliver(messageOf(taken));
      return true;
    case Kind.STABILIZE:
      world.act(place, Operation.STABILIZE);
      return true;
    case Kind.DOUBT:
      world.act(place, Operation.DOUBT);
      return true;
    case Kind.EXPIRE:
      world.act(place, Operation.EXPIRE);
      return true;
    case Kind.PUSH:
      world.act(place, Operation.PUSH);
      return true;
    case Kind.EXCHANGE:
      world.act(place, Operation.EXCHANGE, argument);
      return true;
    case Kind.PROBE:
      world.act(place, Operation.PROBE, argument);
      return true;
    case Kind.FIND_DEAD:
      world.act(place, Operation.FIND_DEAD, argument);
      return true;
    case Kind.CRASH:
      world.crash(place);
      return crashIsAssumed(world, properties.principals(world));
    case Kind.START:
      world.start(place, argument);
      return true;
  }
}
