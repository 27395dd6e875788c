/**
 * One request at a time for each upload, as tus requires. Who comes later is right: the one before is most often a
 * connection that died, and its client is the one that asks again. So it is told to stop, keeps what came, and makes room.
 */
import type { Lock, Locker } from '@tus/server';
import { Problem } from '../../problems/problem.ts';
import { RETRY_AFTER_SECONDS } from '../http/failures.ts';

/** A slow disk may have to sync what came. */
const WAIT_MS = 30_000;

interface Turn {
  readonly stop: () => void;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

export class UploadLocks {
  readonly #last = new Map<string, Turn>();

  /** For one request. @param stop ends its body early */
  locker(stop: () => void): Locker {
    return { newLock: (id) => this.#newLock(id, stop) };
  }

  #newLock(id: string, stop: () => void): Lock {
    let own: Turn | null = null;
    return {
      lock: async (signal) => {
        own = await this.#take(id, signal, stop);
      },
      unlock: async () => {
        if (own === null) return;
        if (this.#last.get(id) === own) this.#last.delete(id);
        own.end();
        own = null;
      },
    };
  }

  /** @throws Problem `busy` */
  async #take(id: string, signal: AbortSignal, stop: () => void): Promise<Turn> {
    const before = this.#last.get(id);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const turn: Turn = { stop, ended, end };
    this.#last.set(id, turn);
    if (before === undefined) return turn;
    before.stop();
    if (await settlesWithin(before.ended, signal)) return turn;
    // Whoever waits for this one waits for the one before as well.
    void before.ended.then(end);
    throw new Problem('busy', { seconds: RETRY_AFTER_SECONDS });
  }
}

async function settlesWithin(ended: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const giveUp = () => resolve(false);
  const timer = setTimeout(giveUp, WAIT_MS);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([ended.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
