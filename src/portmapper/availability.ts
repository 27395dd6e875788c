/**
 * When a node counts as active, suspect or inactive, and which share of the time it was there. Pure: times come in as
 * arguments. Silence is measured on the portmapper's monotonic clock, history is kept in Unix time.
 */

export type NodeState = 'active' | 'suspect' | 'inactive';

export interface Timings {
  /** How often nodes are asked to speak. */
  readonly heartbeatIntervalMs: number;
  /** Silence after which a node is suspect. */
  readonly suspectAfterMs: number;
  /** Silence after which a node is inactive. */
  readonly inactiveAfterMs: number;
}

export const TIMINGS: Timings = {
  /** Four heartbeats fit into the 10 s in which a death must show; one costs a node some 0.3 ms. */
  heartbeatIntervalMs: 2_000,
  /** Two heartbeats missed, and half a second for a slow one. */
  suspectAfterMs: 4_500,
  /** With a judgement every 0.5 s a death shows at most 8 s after the last sign. */
  inactiveAfterMs: 7_500,
};

/** What the portmapper holds of one node now. */
export interface Presence {
  readonly state: NodeState;
  /** Monotonic milliseconds from which its silence counts. */
  readonly silentSinceMs: number;
}

/** The node spoke. */
export function afterSign(nowMs: number): Presence {
  return { state: 'active', silentSinceMs: nowMs };
}

/** The node said goodbye. */
export function afterLeave(nowMs: number): Presence {
  return { state: 'inactive', silentSinceMs: nowMs };
}

/** Time passed and the node may have been silent. Only a sign makes a node more alive again. */
export function afterSilence(presence: Presence, nowMs: number, timings: Timings): Presence {
  const silentMs = nowMs - presence.silentSinceMs;
  if (presence.state === 'inactive') return presence;
  if (silentMs >= timings.inactiveAfterMs) return { ...presence, state: 'inactive' };
  if (presence.state === 'active' && silentMs >= timings.suspectAfterMs)
    return { ...presence, state: 'suspect' };
  return presence;
}

/**
 * The portmapper itself stood still for `pausedMs` (stopped, suspended, starved): that time is nobody's silence, and
 * everybody gets one interval more, to speak again.
 */
export function afterPause(presence: Presence, pausedMs: number, nowMs: number, timings: Timings): Presence {
  const silentSinceMs = Math.min(nowMs, presence.silentSinceMs + pausedMs + timings.heartbeatIntervalMs);
  return { ...presence, silentSinceMs };
}

/** The portmapper starts: who was there before is suspect till it speaks. */
export function afterRestart(state: NodeState, nowMs: number): Presence {
  return { state: state === 'inactive' ? 'inactive' : 'suspect', silentSinceMs: nowMs };
}

/** From `atMs` (Unix milliseconds) on, the node was in `state`. */
export interface Transition {
  readonly atMs: number;
  readonly state: NodeState;
}

/** The portmapper watched from `fromMs` to `toMs`, Unix milliseconds. */
export interface WatchSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const HOUR_MS = 3_600_000;
export const WINDOWS = { '1h': HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS } as const;

/**
 * Active time over watched time in the last `windowMs`; null when nobody watched. A node is watched from its first
 * transition on. Both lists rise in time, and spans do not overlap.
 */
export function availability(
  transitions: readonly Transition[],
  spans: readonly WatchSpan[],
  nowMs: number,
  windowMs: number,
): number | null {
  const first = transitions[0];
  if (first === undefined) return null;
  const fromMs = Math.max(nowMs - windowMs, first.atMs);
  let watchedMs = 0;
  let activeMs = 0;
  let index = 0;
  for (const span of spans) {
    const startMs = Math.max(span.fromMs, fromMs);
    const endMs = Math.min(span.toMs, nowMs);
    if (endMs <= startMs) continue;
    watchedMs += endMs - startMs;
    while (index + 1 < transitions.length && (transitions[index + 1] as Transition).atMs <= startMs) index++;
    activeMs += activeWithin(transitions, index, startMs, endMs);
  }
  return watchedMs === 0 ? null : activeMs / watchedMs;
}

/** `index` is the transition in force at `startMs`. */
function activeWithin(
  transitions: readonly Transition[],
  index: number,
  startMs: number,
  endMs: number,
): number {
  let activeMs = 0;
  let atMs = startMs;
  for (let i = index; i < transitions.length && atMs < endMs; i++) {
    const untilMs = Math.min(transitions[i + 1]?.atMs ?? endMs, endMs);
    if (transitions[i]?.state === 'active') activeMs += Math.max(0, untilMs - atMs);
    atMs = Math.max(atMs, untilMs);
  }
  return activeMs;
}
