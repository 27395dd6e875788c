/**
 * Calling back. A request may come from anybody, in anybody's name. What it says of its sender (I am your predecessor, I
 * leave, I began a new life, here is somebody) counts only once the sender has said so at its own address, where it has proved who it is.
 */
import type { Contact } from './message.ts';
import type { Pending, Purpose } from './pending.ts';
import { send, type Turn } from './turn.ts';

type CallBack = Extract<Purpose, { type: 'notifier' | 'farNotifier' | 'introducer' | 'newLife' | 'leaver' }>;

/** Pings the sender of a request. False where that is under way already, or as many are as there may be. */
export function callBack(turn: Turn, contact: Contact, purpose: CallBack): boolean {
  const { callBacks, parameters } = turn.state;
  const name = nameOf(contact, purpose);
  if (callBacks.has(name) || callBacks.size >= parameters.callBacksMax) return false;
  callBacks.add(name);
  // Shorter than the patience of one that waits for the outcome.
  send(turn, contact, { type: 'ping' }, parameters.relayTimeoutMs, purpose);
  return true;
}

/** It answered, or did not. */
export function settleCallBack(turn: Turn, { to, purpose }: Pending): void {
  turn.state.callBacks.delete(nameOf(to, purpose));
}

function nameOf(contact: Contact, purpose: Purpose): string {
  return `${purpose.type} ${contact.id} ${contact.incarnation}`;
}
