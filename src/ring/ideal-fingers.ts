/** Fingers as they are when nothing is left to find, from the whole ring: for rings that a simulator starts in that state. */

import { slotStart } from './finger-slots.ts';
import { choicesFor, layOut, putFinger } from './fingers.ts';
import type { Contact } from './message.ts';
import { positionOf } from './routes.ts';
import type { RingState } from './state.ts';

/** `sorted`: every member by identifier, the node itself too. `nearest` chooses among those that may stand in a slot. */
export function fillIdealFingers(
  state: RingState,
  sorted: readonly Contact[],
  nearest: (choices: readonly Contact[]) => Contact | undefined = ([first]) => first,
): void {
  const { fingers, parameters } = state;
  layOut(state);
  for (const [at, slot] of fingers.slots.entries()) {
    const first = positionOf(sorted, slotStart(state.self.id, slot));
    const from: Contact[] = [];
    while (from.length < Math.min(parameters.fingerCandidates, sorted.length))
      from.push(sorted[(first + from.length) % sorted.length] as Contact);
    putFinger(state, at, nearest(choicesFor(state, slot, from, sorted.length)) ?? null, 0);
  }
}
