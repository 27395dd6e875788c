/** The watches of single folders, in a tree as the folders are: what lies below a folder that is gone goes with it. */
import type { FSWatcher } from 'node:fs';

interface Watched {
  /** `missing`: it should be watched and could not be. Null: nobody asked. */
  watch: FSWatcher | 'missing' | null;
  readonly below: Map<string, Watched>;
}

export class WatchedFolders {
  #root = unasked();
  #watched = 0;
  #missing = 0;

  get watched(): number {
    return this.#watched;
  }

  get missing(): number {
    return this.#missing;
  }

  isWatched(disk: string): boolean {
    const watch = this.#find(disk)?.watch ?? null;
    return watch !== null && watch !== 'missing';
  }

  /** The watch that `disk` had before is closed: it may be of another folder that had this name. */
  set(disk: string, watch: FSWatcher | 'missing' | null): void {
    let folder = this.#root;
    for (const name of componentsOf(disk)) {
      const next = folder.below.get(name) ?? unasked();
      folder.below.set(name, next);
      folder = next;
    }
    this.#put(folder, watch);
  }

  /** Of the folders in `disk` only those in `names` are there. */
  keepBelow(disk: string, names: ReadonlySet<string>): void {
    const folder = this.#find(disk);
    if (folder === null) return;
    for (const [name, below] of folder.below) {
      if (names.has(name)) continue;
      folder.below.delete(name);
      this.#closeAll(below);
    }
  }

  /** Closes the watch of `disk` and all below it. */
  forget(disk: string): void {
    if (disk === '') {
      this.#closeAll(this.#root);
      this.#root = unasked();
      return;
    }
    const slash = disk.lastIndexOf('/');
    const name = disk.slice(slash + 1);
    const above = this.#find(slash === -1 ? '' : disk.slice(0, slash));
    const folder = above?.below.get(name);
    if (folder === undefined) return;
    above?.below.delete(name);
    this.#closeAll(folder);
  }

  #find(disk: string): Watched | null {
    let folder: Watched | undefined = this.#root;
    for (const name of componentsOf(disk)) {
      folder = folder.below.get(name);
      if (folder === undefined) return null;
    }
    return folder;
  }

  #closeAll(top: Watched): void {
    const folders = [top];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      this.#put(folder, null);
      folders.push(...folder.below.values());
    }
  }

  #put(folder: Watched, watch: Watched['watch']): void {
    const old = folder.watch;
    folder.watch = watch;
    this.#count(watch, 1);
    this.#count(old, -1);
    if (old !== null && old !== 'missing') old.close();
  }

  #count(watch: Watched['watch'], by: 1 | -1): void {
    if (watch === 'missing') this.#missing += by;
    else if (watch !== null) this.#watched += by;
  }
}

function unasked(): Watched {
  return { watch: null, below: new Map() };
}

function componentsOf(disk: string): string[] {
  return disk === '' ? [] : disk.split('/');
}
