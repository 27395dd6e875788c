/** The units in which docs/figures/ring.md states its bounds. */
import { DEFAULT_PARAMETERS } from '../../ring/parameters.ts';

/** A round is as long as an event-driven stabilise waits after a change. */
export const ROUND_MS = DEFAULT_PARAMETERS.stabilizeMinMs;

/** From a silent death to its being known: the probe that misses it comes within the interval, and is followed by two more. */
export const DETECTION_MS = DEFAULT_PARAMETERS.probeIntervalMs + 3_000;
