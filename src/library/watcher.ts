/** Tells which paths of the shared folder may have changed, by the system's own watch (inotify, FSEvents, …). */
import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import type { AsyncSubscription } from '@parcel/watcher';

export interface WatcherEvents {
  /** Paths on disk without the root; '' is the folder itself. A folder stands for all that is in it. */
  readonly onDirty: (paths: readonly string[]) => void;
  /** Events may have been lost. */
  readonly onLost: (error: Error) => void;
}

/**
 * Its native part is there for the usual platforms only. It registers itself once in a process: the first to load it must
 * be a thread that stays, or no later thread can.
 */
export async function loadWatcher() {
  const { default: watcher } = await import('@parcel/watcher');
  return watcher;
}

export class Watcher {
  readonly #subscription: AsyncSubscription;

  private constructor(subscription: AsyncSubscription) {
    this.#subscription = subscription;
  }

  /** @throws the system's error where the folder cannot be watched */
  static async start(folder: string, { onDirty, onLost }: WatcherEvents): Promise<Watcher> {
    const [root, watcher] = await Promise.all([realpath(folder), loadWatcher()]);
    const subscription = await watcher.subscribe(
      root,
      (error, events) => {
        if (error !== null) onLost(error);
        else onDirty(events.map((event) => toDirty(root, event.path)));
      },
      { ignore: ['.anillo'] },
    );
    return new Watcher(subscription);
  }

  async stop(): Promise<void> {
    await this.#subscription.unsubscribe();
  }
}

function toDirty(root: string, path: string): string {
  const inside = relative(root, path);
  // A name that is not UTF-8 arrives broken: what is above it is looked through instead.
  return inside.includes('\u{fffd}')
    ? inside.slice(0, inside.lastIndexOf('/') + 1).replace(/\/$/, '')
    : inside;
}
