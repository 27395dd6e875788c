/**
 * Looks for a shared folder that was found missing until it is there again: what was under way when its disk went is to be
 * finished then, and not only at the next start.
 */
import type { SharedFolder } from './shared-folder.ts';

export class ReturnWatch {
  readonly #folder: SharedFolder;
  readonly #everyMs: number;
  readonly #onReturn: () => Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param onReturn what it throws is its own concern: the folder counts as returned */
  constructor(folder: SharedFolder, everyMs: number, onReturn: () => Promise<void>) {
    this.#folder = folder;
    this.#everyMs = everyMs;
    this.#onReturn = onReturn;
  }

  /** The folder was missing just now. */
  begin(): void {
    if (this.#closed || this.#timer !== null) return;
    this.#timer = setTimeout(() => void this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const absence = await this.#folder.absence();
    this.#timer = null;
    if (absence === null) await this.#onReturn();
    else this.begin();
  }
}
