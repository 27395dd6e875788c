/** When the DHT says nothing now, and what this node knows by itself is the better answer than none. */
import { Problem } from '../../problems/problem.ts';

export function isSilence(error: unknown): boolean {
  return error instanceof Problem && ['unreachable', 'deadline', 'not_ready'].includes(error.code);
}
