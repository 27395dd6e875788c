/** A catalog's pending changes in memory: for tests, and for machines whose files are made up. */
import type {
  CataloguedFile,
  PendingChange,
  PendingFile,
  PendingSource,
  RefusedChange,
} from './pending-source.ts';

export class PendingInMemory implements PendingSource {
  readonly #changes = new Map<number, PendingChange>();
  readonly #files = new Map<string, string>();
  readonly refused: RefusedChange[] = [];
  /** What is struck out stands on the ring. */
  onSettled: (change: PendingChange) => void = () => {};
  #lastId = 0;

  publish(file: Partial<PendingFile> & { cid: string; path: string }): void {
    this.#files.set(file.path, file.cid);
    this.#add('publish', file, false);
  }

  withdraw(file: { cid: string; path: string }, lastCopy = true): void {
    this.#files.delete(file.path);
    this.#add('withdraw', file, lastCopy);
  }

  #add(
    act: PendingChange['act'],
    file: Partial<PendingFile> & { cid: string; path: string },
    lastCopy: boolean,
  ): void {
    const id = ++this.#lastId;
    const rest = { size: 1, modifiedMs: 1, type: '', tags: [], copies: 1, previous: null };
    this.#changes.set(id, { id, act, file: { ...rest, ...file }, lastCopy });
  }

  /** The content of a path that is published. */
  cidOf(path: string): string | null {
    return this.#files.get(path) ?? null;
  }

  /** Does another path have the same content? */
  holdsElsewhere(path: string, cid: string): boolean {
    return [...this.#files].some(([other, held]) => other !== path && held === cid);
  }

  pending(limit: number, afterId = 0): PendingChange[] {
    return [...this.#changes.values()].filter(({ id }) => id > afterId).slice(0, limit);
  }

  pendingCount(): number {
    return this.#changes.size;
  }

  lastPending(path?: string): number | null {
    const waiting = [...this.#changes.values()].filter(
      ({ file }) => path === undefined || file.path === path,
    );
    return waiting.at(-1)?.id ?? null;
  }

  refuse(changes: readonly RefusedChange[]): void {
    for (const change of changes) if (this.#changes.delete(change.id)) this.refused.push(change);
  }

  refusedCount(): number {
    return this.refused.length;
  }

  settle(ids: readonly number[]): void {
    for (const id of ids) {
      const change = this.#changes.get(id);
      this.#changes.delete(id);
      if (change !== undefined) this.onSettled(change);
    }
  }

  files(afterPath: string, limit: number): CataloguedFile[] {
    const files = [...this.#files].map(([path, cid]) => ({ path, cid }));
    const later = files.filter(({ path }) => path > afterPath);
    return later.sort((left, right) => (left.path < right.path ? -1 : 1)).slice(0, limit);
  }

  requeue(files: readonly CataloguedFile[]): number {
    const lost = files.filter(({ path }) => this.lastPending(path) === null);
    for (const file of lost) this.#add('publish', file, false);
    return lost.length;
  }

  dataVersion(): number {
    return this.#lastId;
  }
}
