/** A copy of a node's state that `step` may change: what it replaces is shared, what it changes in place is copied. */
import { noFingers } from '../ring/finger-slots.ts';
import type { Contact } from '../ring/message.ts';
import { newRouteTable } from '../ring/route-table.ts';
import type { Lookup, Member, RingState } from '../ring/state.ts';

export function cloneState(state: RingState): RingState {
  const { candidates, doubt, orphansHeard, seeds, callBacks, members, routes, lookups, pending, timers } =
    state;
  return {
    ...state,
    candidates: new Map(candidates),
    callBacks: new Set(callBacks),
    doubt: doubt === null ? null : { ...doubt },
    orphansHeard: [...orphansHeard],
    seeds: [...seeds],
    mergeAsked: [...state.mergeAsked],
    joinSilent: [...state.joinSilent],
    members: copyOf<string, Member>(members),
    routes: [...routes],
    // Off in every model.
    table: newRouteTable(true),
    fingers: noFingers(),
    lookups: copyOfLookups(lookups),
    pending: new Map(pending),
    timers: new Map(timers),
  };
}

function copyOf<Key, Value extends object>(map: ReadonlyMap<Key, Value>): Map<Key, Value> {
  const copy = new Map<Key, Value>();
  for (const [key, value] of map) copy.set(key, { ...value });
  return copy;
}

function copyOfLookups(lookups: ReadonlyMap<number, Lookup>): Map<number, Lookup> {
  const copy = new Map<number, Lookup>();
  for (const [lookupId, lookup] of lookups) {
    const { path, asked, silent, calls } = lookup;
    copy.set(lookupId, {
      ...lookup,
      path: [...path],
      asked: [...asked],
      silent: [...silent],
      calls: [...calls],
    });
  }
  return copy;
}

/** The same life at the same place, however often it was named. */
export function lifeOf({ id, incarnation }: Contact): string {
  return `${id}.${incarnation}`;
}
