/**
 * One small story of a ring that changes, told twice: by real processes and in virtual time. Lookups name key and asker, so
 * that their answers can be held against one another, and against the sorted identifiers.
 */
import { createHash } from 'node:crypto';
import { sample } from '../src/simulator/random.ts';
import { below, chance, randomText } from './chance.ts';

export interface Question {
  /** Place of the asker in the order of starts. */
  readonly asker: number;
  /** Hashed as it is given. */
  readonly key: string;
}

export interface Answer {
  /** Null where no owner was confirmed in time. */
  readonly owner: string | null;
  readonly hops: number;
}

export type ChurnAct =
  /** They end without a word, are stopped in order, or come back under their old identifiers. */
  | { readonly type: 'kill' | 'leave' | 'return'; readonly nodes: readonly number[] }
  /** Asked one after the other, so far apart, while the ring repairs itself; or `settled`, once it is ideal. */
  | { readonly type: 'ask'; readonly questions: readonly Question[]; readonly everyMs: number }
  /** Until the ring is ideal, and then as long as that: fingers fill one after the other. */
  | { readonly type: 'settle'; readonly restMs: number };

export interface ChurnScript {
  /** Nodes, which join one after the other before the first act. */
  readonly nodes: number;
  readonly acts: readonly ChurnAct[];
}

export interface ChurnSize {
  readonly nodes: number;
  readonly killed: number;
  readonly leaving: number;
  /** Each time that the ring has settled. */
  readonly settledLookups: number;
  /** After each change, while the ring repairs itself. */
  readonly hastyLookups: number;
  /** Between the ring's settling and the lookups that follow. */
  readonly restMs: number;
}

/** Between two lookups while the ring repairs itself. */
const HASTY_EVERY_MS = 100;

/** Some are killed, others leave, the killed come back; after each change lookups at once, and when the ring has settled. */
export function drawScript(size: ChurnSize): ChurnScript {
  const { nodes, killed, leaving, settledLookups, hastyLookups, restMs } = size;
  const random = chance('churn');
  const all = Array.from({ length: nodes }, (_, index) => index);
  const gone = sample(random, all, killed + leaving);
  const [dead, left] = [gone.slice(0, killed), gone.slice(killed)];
  const without = (...away: readonly number[]) => all.filter((node) => !away.includes(node));
  const ask = (askers: readonly number[], count: number, everyMs: number): ChurnAct => {
    const questions = Array.from({ length: count }, () => ({
      asker: askers[below(random, askers.length)] ?? 0,
      key: randomText(random),
    }));
    return { type: 'ask', questions, everyMs };
  };
  const after = (change: ChurnAct, askers: readonly number[], settled: readonly number[]): ChurnAct[] => [
    change,
    ask(askers, hastyLookups, HASTY_EVERY_MS),
    { type: 'settle', restMs },
    ask(settled, settledLookups, 0),
  ];
  const acts = [
    { type: 'settle', restMs } as const,
    ask(all, settledLookups, 0),
    ...after({ type: 'kill', nodes: dead }, without(...dead), without(...dead)),
    ...after({ type: 'leave', nodes: left }, without(...gone), without(...gone)),
    ...after({ type: 'return', nodes: dead }, without(...gone), without(...left)),
  ];
  return { nodes, acts };
}

export function keyOf({ key }: Question): string {
  return createHash('sha256').update(key).digest('hex');
}
