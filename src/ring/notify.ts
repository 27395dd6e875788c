/** Notify: a node tells its head "I think that I am your predecessor". Every stabilise round ends with exactly one. */
import type { Purpose } from './state.ts';
import { send, type Turn } from './turn.ts';

const NOTIFY: Purpose = { type: 'notify' };

export function notifyHead(turn: Turn): void {
  const [head] = turn.state.successors;
  if (head !== undefined)
    send(turn, head, { type: 'notify' }, turn.state.parameters.requestTimeoutMs, NOTIFY);
}
