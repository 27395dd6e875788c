/**
 * Swarm testing (Groce et al. 2012): each run has a random subset of the fault kinds that its scenario allows, each with a
 * strength drawn from the seed, so that one kind does not always hide behind another.
 */
import type { Random } from '../ring/effect.ts';
import type { Latency } from './latency.ts';
import type { NetworkConditions } from './network.ts';

export type FaultKind =
  /** On the wire: all through act one. */
  | 'loss'
  | 'duplication'
  | 'reordering'
  | 'brokenPairs'
  | 'oneWayCuts'
  /** Of single nodes, one after the other. */
  | 'crash'
  | 'restart'
  | 'leave'
  | 'join'
  | 'pause'
  /** Of some nodes, all through act one. */
  | 'slow'
  | 'drift'
  /** Wall clocks of half of the nodes as act one begins; again wherever faults befall single nodes. */
  | 'clockJump';

/** How hard faults may be. `mild`: no kind by itself should cost a lookup its answer. */
export type Strength = 'mild' | 'hostile';

/** All that chance decided before a run began. Printed first. */
export interface Drawn {
  readonly faults: readonly FaultKind[];
  readonly latency: Latency;
  /** Side of the map on which nodes stand, one way, milliseconds; 0 for none. */
  readonly acrossMs: number;
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  readonly reorderMaxMs: number;
  readonly brokenPairs: number;
  readonly clockDrift: number;
  /** Share of nodes that are slow, and how slow. */
  readonly slowShare: number;
  readonly slowness: number;
  readonly pauseMaxMs: number;
  /** Mean time between two faults of single nodes. */
  readonly faultEveryMs: number;
}

/** Latency stays so far below the ring's time-outs that it alone never looks like a death. */
const LATENCY_MAX_MS = 150;
const ACROSS_MAX_MS = 60;

export function drawFaults(
  random: Random,
  kinds: readonly FaultKind[],
  strength: Strength,
  nodes: number,
): Drawn {
  const between = (min: number, max: number): number => rounded(min + random() * (max - min));
  const faults = kinds.filter(() => random() < 0.5);
  const has = (kind: FaultKind): boolean => faults.includes(kind);
  const isHostile = strength === 'hostile';
  const median = between(0.3, random() < 0.5 ? 3 : 40);
  return {
    faults,
    latency: { type: 'lognormal', medianMs: median, sigma: between(0.1, 0.8), maxMs: LATENCY_MAX_MS },
    acrossMs: random() < 0.3 ? between(5, ACROSS_MAX_MS) : 0,
    loss: has('loss') ? (isHostile ? between(0.005, 0.05) : between(0.0005, 0.005)) : 0,
    duplication: has('duplication') ? between(0.002, 0.02) : 0,
    reordering: has('reordering') ? between(0.01, 0.1) : 0,
    reorderMaxMs: has('reordering') ? between(20, isHostile ? 400 : 100) : 0,
    brokenPairs: has('brokenPairs') ? between(0.002, 0.023) : 0,
    clockDrift: has('drift') ? between(0.001, 0.01) : 0,
    slowShare: has('slow') ? between(0.01, 0.05) : 0,
    slowness: has('slow') ? between(2, 10) : 1,
    pauseMaxMs: has('pause') ? between(500, isHostile ? 8_000 : 2_000) : 0,
    faultEveryMs: between(0.5, 2) * Math.max(200, 30_000 / nodes),
  };
}

/** Whether one of these may make a node take another for dead that lives. */
export function mayMisjudge({
  loss,
  reorderMaxMs,
  brokenPairs,
  slowShare,
  pauseMaxMs,
  faults,
}: Drawn): boolean {
  const isHard = loss > 0 || reorderMaxMs > 100 || brokenPairs > 0 || slowShare > 0 || pauseMaxMs > 0;
  return isHard || faults.includes('oneWayCuts');
}

export function conditionsOf({
  latency,
  acrossMs,
  loss,
  duplication,
  reordering,
  reorderMaxMs,
}: Drawn): NetworkConditions {
  return { latency, acrossMs, loss, duplication, reordering, reorderMaxMs };
}

/** The same distances, and every message arrives once and in time. */
export function calmConditionsOf({ latency, acrossMs }: Drawn): NetworkConditions {
  return { latency, acrossMs };
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
