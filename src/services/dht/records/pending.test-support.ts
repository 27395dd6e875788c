/** For tests: a catalog's pending changes in memory, CIDs, and waiting without sleeping. */
import type {
  CataloguedFile,
  PendingChange,
  PendingFile,
  PendingSource,
  RefusedChange,
} from './pending-source.ts';

/** A queue of changes in memory. */
export class FakePending implements PendingSource {
  readonly #changes = new Map<number, PendingChange>();
  readonly #files = new Map<string, string>();
  readonly refused: RefusedChange[] = [];
  #lastId = 0;
  #version = 0;

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
    this.#version++;
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
    for (const change of changes) {
      this.#changes.delete(change.id);
      this.refused.push(change);
    }
  }

  refusedCount(): number {
    return this.refused.length;
  }

  settle(ids: readonly number[]): void {
    for (const id of ids) this.#changes.delete(id);
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
    return this.#version;
  }
}

/** Waits until `condition` holds, and says what it waited for when it never does. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A CID as a record may name it, one for each number. */
export function fakeCid(number: number): string {
  const digits = number.toString(2).replaceAll('0', 'a').replaceAll('1', 'b');
  return `bafkrei${digits.padStart(52, 'a')}`;
}
