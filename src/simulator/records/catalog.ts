/** The files of one simulated machine, and what of them still has to reach the ring; kept over restarts. */
import type {
  CataloguedFile,
  PendingChange,
  PendingSource,
  RefusedChange,
} from '../../services/dht/records/pending-source.ts';

export class Catalog implements PendingSource {
  readonly #waiting = new Map<number, PendingChange>();
  readonly #files = new Map<string, string>();
  /** What is struck out stands on the ring. */
  onSettled: (change: PendingChange) => void = () => {};
  #lastId = 0;
  #refused = 0;

  /** The content of a path; what was there before is withdrawn. */
  put(path: string, cid: string): void {
    const previous = this.#files.get(path) ?? null;
    if (previous !== null) this.#withdraw(path, previous);
    this.#files.set(path, cid);
    this.#add('publish', { path, cid, previous });
  }

  cidOf(path: string): string | null {
    return this.#files.get(path) ?? null;
  }

  remove(path: string): void {
    const cid = this.#files.get(path);
    if (cid === undefined) return;
    this.#files.delete(path);
    this.#withdraw(path, cid);
  }

  pending(limit: number, afterId = 0): PendingChange[] {
    return [...this.#waiting.values()].filter(({ id }) => id > afterId).slice(0, limit);
  }

  pendingCount(): number {
    return this.#waiting.size;
  }

  lastPending(path?: string): number | null {
    const waiting = [...this.#waiting.values()].filter(
      ({ file }) => path === undefined || file.path === path,
    );
    return waiting.at(-1)?.id ?? null;
  }

  settle(ids: readonly number[]): void {
    for (const id of ids) {
      const change = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (change !== undefined) this.onSettled(change);
    }
  }

  refuse(changes: readonly RefusedChange[]): void {
    for (const { id } of changes) if (this.#waiting.delete(id)) this.#refused++;
  }

  refusedCount(): number {
    return this.#refused;
  }

  files(afterPath: string, limit: number): CataloguedFile[] {
    const later = [...this.#files].filter(([path]) => path > afterPath).map(([path, cid]) => ({ path, cid }));
    return later.sort((left, right) => (left.path < right.path ? -1 : 1)).slice(0, limit);
  }

  requeue(files: readonly CataloguedFile[]): number {
    const lost = files.filter(({ path }) => this.lastPending(path) === null);
    for (const { path, cid } of lost) this.#add('publish', { path, cid, previous: null });
    return lost.length;
  }

  dataVersion(): number {
    return this.#lastId;
  }

  #withdraw(path: string, cid: string): void {
    const lastCopy = ![...this.#files].some(([other, held]) => other !== path && held === cid);
    this.#add('withdraw', { path, cid, previous: null }, lastCopy);
  }

  #add(
    act: PendingChange['act'],
    named: { path: string; cid: string; previous: string | null },
    lastCopy = false,
  ): void {
    const id = ++this.#lastId;
    const file = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, ...named };
    this.#waiting.set(id, { id, act, file, lastCopy });
  }
}
