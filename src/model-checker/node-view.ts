/** What the search asks of a node's state again and again, in small numbers: worked out once for each state. */
import type { Identifier } from '../ring/identifier.ts';
import { isOver } from '../ring/members.ts';
import type { Contact } from '../ring/message.ts';
import { isRoundUnderWay } from '../ring/stabilize.ts';
import type { RingState } from '../ring/state.ts';
import { cloneState } from './clone.ts';
import { receive } from './operations.ts';

/** A life: the place of its identifier on the ring, times 16, and its incarnation. */
export type Life = number;
export const LIVES = 16;

export const placeOf = (life: Life): number => life >> 4;
export const incarnationOf = (life: Life): number => life & (LIVES - 1);

/** Asks, and has no place in any model. */
const STRANGER: Contact = { id: 'ff', incarnation: 1, address: 'stranger' };

interface KnownMember {
  readonly life: Life;
  readonly isUnproven: boolean;
  readonly isJoined: boolean;
  readonly isUsable: boolean;
}

export interface NodeView {
  readonly life: Life;
  readonly isRunning: boolean;
  /** A member of the ring, in doubt or not. */
  readonly isMember: boolean;
  readonly isInDoubt: boolean;
  /** Runs and may be told to join. */
  readonly isIdle: boolean;
  /** In a round that no other may begin beside. */
  readonly isStabilizing: boolean;
  /** Whose list it waits for, of head and candidates. */
  readonly awaitsListOf: Life | null;
  readonly successors: readonly Life[];
  /** One of its successors is a life that it found out itself to be over. */
  readonly pointsAtDead: boolean;
  readonly predecessor: Life | null;
  /** Lives that it points at or waits for. */
  readonly named: readonly Life[];
  readonly members: readonly KnownMember[];
  /** Members named to it that it never met. */
  readonly unproven: readonly Life[];
  /** Requests under way, by number. */
  readonly awaited: ReadonlySet<number>;
  /** Bit i: it answers as owner for the keys between places i - 1 and i. */
  readonly claims: number;
}

/** The identifiers of a model, in ring order, and the lives at them. */
export class Places {
  readonly ids: readonly Identifier[];

  constructor(count: number) {
    this.ids = Array.from({ length: count }, (_, i) => (0x10 * (i + 1)).toString(16));
  }

  contact(life: Life): Contact {
    const id = this.ids[placeOf(life)] as Identifier;
    const incarnation = incarnationOf(life);
    return { id, incarnation, address: `${id}.${incarnation}` };
  }

  life({ id, incarnation }: Contact): Life {
    return this.ids.indexOf(id) * LIVES + incarnation;
  }
}

export function viewOfGone(life: Life): NodeView {
  return {
    life,
    isRunning: false,
    isMember: false,
    isInDoubt: false,
    isIdle: false,
    isStabilizing: false,
    awaitsListOf: null,
    successors: [],
    pointsAtDead: false,
    predecessor: null,
    named: [],
    members: [],
    unproven: [],
    awaited: new Set(),
    claims: 0,
  };
}

export function viewOf(state: RingState, places: Places): NodeView {
  const { self, phase, predecessor, waitingNotifier, pending } = state;
  const life = (contact: Contact): Life => places.life(contact);
  const asked = pending.get(state.stabilizeRequestId);
  const named = new Set<Life>(state.successors.map(life));
  if (predecessor !== null) named.add(life(predecessor));
  if (waitingNotifier !== null) named.add(life(waitingNotifier.contact));
  for (const { to } of pending.values()) named.add(life(to));
  return {
    life: life(self),
    isRunning: true,
    isMember: phase === 'member',
    isInDoubt: state.doubt !== null,
    isIdle: phase === 'idle',
    isStabilizing: isRoundUnderWay(state),
    awaitsListOf: asked === undefined ? null : life(asked.to),
    successors: state.successors.map(life),
    pointsAtDead: state.successors.some((contact) => isOver(state, contact)),
    predecessor: predecessor === null ? null : life(predecessor),
    named: [...named],
    unproven: [...state.members.values()]
      .filter(({ health }) => health === 'unproven')
      .map(({ contact }) => life(contact)),
    members: [...state.members.values()].map(({ contact, health, isSaidSilent, joined }) => ({
      life: life(contact),
      isUnproven: health === 'unproven',
      isJoined: joined,
      isUsable: (health === 'alive' || (health === 'unproven' && !isSaidSilent)) && joined,
    })),
    awaited: new Set(pending.keys()),
    claims: claimsOf(state, places),
  };
}

/** Asked by somebody for each identifier, what does it answer? */
function claimsOf(state: RingState, places: Places): number {
  let claims = 0;
  for (const [i, key] of places.ids.entries()) {
    const effects = receive(cloneState(state), STRANGER, state.self.incarnation, { type: 'findOwner', key });
    const isOwner = effects.some((effect) => effect.type === 'reply' && effect.reply.type === 'owner');
    if (isOwner) claims |= 1 << i;
  }
  return claims;
}
