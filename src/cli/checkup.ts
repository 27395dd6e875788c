import type { RingTrouble } from './ring-judgement.ts';

/** One thing that `doctor` looked at, and what to do about it. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was seen, for a person. */
  readonly text: string;
  /** What to do; null when all is well. */
  readonly advice: string | null;
  /** Of a clock: how far it is ahead of this machine's. */
  readonly offsetMs?: number;
  /** Of the ring: what is wrong, a stable name. */
  readonly trouble?: RingTrouble['type'];
}

export function ok(check: string, text: string): Finding {
  return { check, state: 'ok', text, advice: null };
}

export function warning(check: string, text: string, advice: string): Finding {
  return { check, state: 'warning', text, advice };
}

export function failed(check: string, text: string, advice: string): Finding {
  return { check, state: 'failed', text, advice };
}
