/**
 * What the ring is held to in small, by name: where a search starts, what may happen, and which safeguard is off. The ring
 * runs with r = 2; without routing tables, which choose first hops and nothing else; and without merge probes, for where no
 * partition was they find candidates for head like any other.
 */
import { DEFAULT_PARAMETERS, type RingParameters } from '../ring/parameters.ts';
import type { Bounds } from './bounds.ts';
import { idealRings } from './start.ts';

export type Safeguard = keyof RingParameters['safeguards'];

export interface Scenario {
  readonly name: string;
  readonly bounds: Bounds;
  /** Ideal rings, each by the places of its nodes. */
  readonly starts: readonly (readonly number[])[];
  readonly safeguardOff: Safeguard | null;
  /** Verdi's busy mode on. */
  readonly isBusy: boolean;
}

const SUCCESSORS = 2;

export function parametersOf({ safeguardOff, isBusy, bounds }: Scenario): RingParameters {
  const { safeguards } = DEFAULT_PARAMETERS;
  return {
    ...DEFAULT_PARAMETERS,
    successorCount: SUCCESSORS,
    routesMax: 0,
    fingerBase: 0,
    mergeProbability: 0,
    candidatesMax: bounds.gossips ? DEFAULT_PARAMETERS.candidatesMax : 0,
    busyMode: isBusy,
    safeguards: safeguardOff === null ? safeguards : { ...safeguards, [safeguardOff]: false },
  };
}

/** From every ideal ring of r + 1 nodes or more, and never fewer principals (Zave's assumptions). */
export function assumed(
  places: number,
  crashesMax: number,
  restartsMax: number,
  messagesMax: number,
  gossips = false,
): Scenario {
  const name = `${places} places, ${crashesMax} crashes, ${restartsMax} restarts, ${messagesMax} messages`;
  return {
    name: gossips ? `${name}, gossip` : name,
    bounds: {
      places,
      crashesMax,
      restartsMax,
      messagesMax,
      ownersAgree: true,
      keepsPrincipals: true,
      gossips,
      meetsAtOnce: true,
    },
    starts: idealRings(places, SUCCESSORS + 1),
    safeguardOff: null,
    isBusy: false,
  };
}

/** From a ring of one: outside what is proved. */
export function fromOne(
  places: number,
  crashesMax: number,
  restartsMax: number,
  messagesMax: number,
): Scenario {
  return {
    name: `from a ring of one: ${places} places, ${crashesMax} crashes, ${restartsMax} restarts, ${messagesMax} messages`,
    bounds: {
      places,
      crashesMax,
      restartsMax,
      messagesMax,
      ownersAgree: false,
      keepsPrincipals: false,
      gossips: false,
      meetsAtOnce: true,
    },
    starts: [[0]],
    safeguardOff: null,
    isBusy: false,
  };
}

export function without(safeguardOff: Safeguard, scenario: Scenario): Scenario {
  return { ...scenario, name: `${scenario.name}, without ${safeguardOff}`, safeguardOff };
}

export function meetingLater(scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${scenario.name}, met later`,
    bounds: { ...scenario.bounds, meetsAtOnce: false },
  };
}

export function busy(scenario: Scenario): Scenario {
  return { ...scenario, name: `${scenario.name}, busy`, isBusy: true };
}

/** Zave's invariants alone are to hold; wrong owners are counted. */
export function countingOwners(scenario: Scenario): Scenario {
  return { ...scenario, bounds: { ...scenario.bounds, ownersAgree: false } };
}
