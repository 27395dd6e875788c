/** Something that can happen in a world, as a number: its kind, and what it is done to. */
import { LIVES, placeOf } from './node-view.ts';

export const Kind = {
  DELIVER: 0,
  STABILIZE: 1,
  DOUBT: 2,
  EXPIRE: 3,
  PUSH: 4,
  EXCHANGE: 5,
  PROBE: 6,
  FIND_DEAD: 7,
  CRASH: 8,
  START: 9,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];
const KINDS = 16;
/** The lives of a model: 16 at each of 16 places. */
const ARGUMENTS = 256;

export type Action = number;

/** @param argument a place, a life or, for DELIVER, a message at place 0 */
export function actionOf(kind: Kind, place: number, argument = 0): Action {
  return (place * ARGUMENTS + argument) * KINDS + kind;
}

export function deliveryOf(message: number): Action {
  return message * KINDS + Kind.DELIVER;
}

export function kindOf(action: Action): Kind {
  return (action % KINDS) as Kind;
}

export function messageOf(action: Action): number {
  return Math.floor(action / KINDS);
}

export function placeIn(action: Action): number {
  return Math.floor(action / KINDS / ARGUMENTS);
}

export function argumentOf(action: Action): number {
  return Math.floor(action / KINDS) % ARGUMENTS;
}

/** The place whose node fails in this action, -1 when none does. */
export function crashedBy(action: Action): number {
  return kindOf(action) === Kind.CRASH ? placeIn(action) : -1;
}

const NAMES: Record<Exclude<Kind, 0>, string> = {
  [Kind.STABILIZE]: 'stabilises',
  [Kind.DOUBT]: 'asks again what it doubts',
  [Kind.EXPIRE]: 'ends its doubt, for its predecessor is dead',
  [Kind.PUSH]: 'tells its predecessor that it changed',
  [Kind.EXCHANGE]: 'exchanges members with',
  [Kind.PROBE]: 'pings',
  [Kind.FIND_DEAD]: 'finds dead',
  [Kind.CRASH]: 'crashes',
  [Kind.START]: 'starts and joins by',
};

/** In words; of a message, what `describe` says. */
export function wordsFor(action: Action, describe: (message: number) => string): string {
  const kind = kindOf(action);
  if (kind === Kind.DELIVER) return `arrives: ${describe(messageOf(action))}`;
  const words = `n${placeIn(action)} ${NAMES[kind]}`;
  if (kind === Kind.PROBE) return `${words} n${argumentOf(action)}`;
  const hasOther = kind === Kind.EXCHANGE || kind === Kind.FIND_DEAD || kind === Kind.START;
  return hasOther ? `${words} ${lifeName(argumentOf(action))}` : words;
}

export function lifeName(life: number): string {
  return `n${placeOf(life)}.${life % LIVES}`;
}
