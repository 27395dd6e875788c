/**
 * The changes that are on their way to the ring, and the order in which they may be struck out: of one path, and of one
 * content, an older change before a newer one. Else a death in between would have the older one signed again alone, with a
 * newer seq than what has replaced it.
 */
import type { PendingChange } from './pending-source.ts';

interface Open {
  readonly names: readonly string[];
  isThere: boolean;
}

export class OpenChanges {
  readonly #open = new Map<number, Open>();
  /** Ids under each path and each content, oldest first. */
  readonly #lines = new Map<string, number[]>();

  get size(): number {
    return this.#open.size;
  }

  /** In the order of their ids. */
  add(changes: readonly PendingChange[]): void {
    for (const { id, file } of changes) {
      const names = [`path ${file.path}`, `cid ${file.cid}`];
      this.#open.set(id, { names, isThere: false });
      for (const name of names) {
        const line = this.#lines.get(name);
        if (line === undefined) this.#lines.set(name, [id]);
        else line.push(id);
      }
    }
  }

  /** These stand on the ring. Returns what may be struck out now, oldest first in each line, and forgets it. */
  arrive(ids: Iterable<number>): number[] {
    const free: number[] = [];
    const looked = [...ids];
    for (const id of looked) {
      const open = this.#open.get(id);
      if (open !== undefined) open.isThere = true;
    }
    for (let next = looked.pop(); next !== undefined; next = looked.pop()) {
      if (!this.#isFirst(next)) continue;
      free.push(next);
      looked.push(...this.#take(next));
    }
    return free;
  }

  #isFirst(id: number): boolean {
    const open = this.#open.get(id);
    return open?.isThere === true && open.names.every((name) => this.#lines.get(name)?.[0] === id);
  }

  /** Takes the first of its lines out; returns those that are first now. */
  #take(id: number): number[] {
    const names = this.#open.get(id)?.names ?? [];
    this.#open.delete(id);
    return names.flatMap((name) => {
      const line = this.#lines.get(name) ?? [];
      line.shift();
      if (line.length === 0) this.#lines.delete(name);
      return line.slice(0, 1);
    });
  }
}
