/**
 * Eight bytes that stand for one life of one node of one network, between those that have said Hello to each other: the
 * messages at rest are small, and most of each would be who sends it to whom.
 */
import { createHash } from 'node:crypto';
import type { Contact } from '../../ring/message.ts';

/** As many as a routing table of one hop has members; one that is forgotten is asked to say who it is. */
const LIVES_MAX = 10_000;

export class LifeMarks {
  /** Of this node's own life. */
  readonly own: bigint;
  readonly self: Contact;
  readonly #networkId: string;
  readonly #lives = new Map<bigint, Contact>();

  /** @param networkId 64 hexadecimal digits */
  constructor(networkId: string, self: Contact) {
    this.#networkId = networkId;
    this.self = self;
    this.own = this.of(self);
  }

  of({ id, incarnation }: { readonly id: string; readonly incarnation: number }): bigint {
    const text = `anillo-life-v1\0${this.#networkId}${id}${incarnation}`;
    return createHash('sha256').update(text).digest().readBigUInt64BE();
  }

  /** It has said Hello: from now on its mark will do. */
  learn(contact: Contact): void {
    const mark = this.of(contact);
    this.#lives.delete(mark);
    this.#lives.set(mark, contact);
    if (this.#lives.size <= LIVES_MAX) return;
    for (const oldest of this.#lives.keys()) {
      this.#lives.delete(oldest);
      break;
    }
  }

  /** Whose mark it is, or null. */
  contact(mark: bigint): Contact | null {
    return this.#lives.get(mark) ?? null;
  }
}
