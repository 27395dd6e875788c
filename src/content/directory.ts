/**
 * Builds the UnixFS tree of a folder from the files in it (IPIP-499): links sorted by the bytes of their names, and in place
 * of a block of more than 256 KiB shards. The same paths with the same contents have the same CID everywhere.
 */
import { hash } from 'node:crypto';
import { decode } from '@ipld/dag-pb';
import { Problem } from '../problems/problem.ts';
import { formatCid, parseCid } from './cid.ts';
import { type DirectoryLink, encodeDirectory } from './directory-node.ts';
import { buildShards } from './hamt.ts';
import { DIRECTORY_BYTES_MAX } from './profile.ts';
import type { TreeNode } from './tree-builder.ts';

export interface DirectoryTree {
  readonly cid: string;
  /** Bytes of all files below. */
  readonly size: number;
  readonly files: number;
  /** The blocks of the directories, children before parents, the root last. */
  readonly nodes: readonly TreeNode[];
}

type Child = Omit<DirectoryLink, 'name'>;
type Folder = Map<string, Folder | Child>;

/** What a link of a directory takes beyond its name and CID, at the least. */
const CID_BYTES = 36;

export class DirectoryBuilder {
  readonly #root: Folder = new Map();
  readonly #nodes: TreeNode[] = [];
  #size = 0;
  #files = 0;

  /**
   * Takes a file (or a directory whose blocks are elsewhere).
   * @param path inside the directory, `/` between components; used as it is given
   * @param size bytes of the file
   * @param tsize bytes of all its blocks (`tsizeOf`)
   * @throws Problem `bad_name` for a path that is none or that is taken, `bad_cid`
   */
  add(path: string, cid: string, size: number, tsize: number): void {
    const { codec, digest } = parseCid(cid);
    const components = componentsOf(path);
    const name = components.pop() ?? '';
    const folder = this.#folderAt(path, components);
    if (folder.has(name)) throw new Problem('bad_name', { name: path, reason: 'name.twice' });
    folder.set(name, { cid: { codec, digest }, tsize });
    this.#size += size;
    this.#files += 1;
  }

  /** Takes a directory that may stay empty. @throws Problem `bad_name` */
  addDirectory(path: string): void {
    this.#folderAt(path, componentsOf(path));
  }

  /** To be called once. @throws Problem `bad_name` for two names of one hash in a sharded directory */
  finish(): DirectoryTree {
    const { codec, digest } = this.#close(this.#root).cid;
    return { cid: formatCid(codec, digest), size: this.#size, files: this.#files, nodes: this.#nodes };
  }

  #folderAt(path: string, components: readonly string[]): Folder {
    let folder = this.#root;
    for (const [index, component] of components.entries()) {
      const child = folder.get(component) ?? new Map();
      if (!(child instanceof Map)) {
        const taken = components.slice(0, index + 1).join('/');
        throw new Problem('bad_name', { name: path, reason: 'name.not-a-folder', folder: taken });
      }
      folder.set(component, child);
      folder = child;
    }
    return folder;
  }

  #close(folder: Folder): Child {
    const links: DirectoryLink[] = [];
    for (const [name, child] of folder) {
      links.push({ ...(child instanceof Map ? this.#close(child) : child), name });
    }
    const block = encodeWithinBound(links);
    return block === null ? buildShards(links, this.#seal) : this.#seal(block, links);
  }

  readonly #seal = (bytes: Uint8Array, links: readonly DirectoryLink[]): Child => {
    const digest = hash('sha256', bytes, 'buffer');
    this.#nodes.push({ cid: formatCid('dag-pb', digest), bytes });
    const tsize = links.reduce((sum, link) => sum + link.tsize, bytes.length);
    return { cid: { codec: 'dag-pb', digest }, tsize };
  };
}

/** Bytes of all blocks of the tree whose root is this dag-pb block, which its makers call `Tsize`. */
export function tsizeOf(bytes: Uint8Array): number {
  return decode(bytes).Links.reduce((sum, { Tsize = 0 }) => sum + Tsize, bytes.length);
}

/** Null when one block would be longer than the profile allows; exactly as long is not. */
function encodeWithinBound(links: readonly DirectoryLink[]): Uint8Array | null {
  const named = links.map((link) => ({ link, bytes: Buffer.from(link.name) }));
  const least = named.reduce((sum, { bytes }) => sum + bytes.length + CID_BYTES, 0);
  if (least > DIRECTORY_BYTES_MAX) return null;
  named.sort((one, other) => Buffer.compare(one.bytes, other.bytes));
  const block = encodeDirectory(named.map(({ link }) => link));
  return block.length > DIRECTORY_BYTES_MAX ? null : block;
}

/** The rules that readers hold names to. */
function componentsOf(path: string): string[] {
  const components = path.split('/');
  for (const component of components) {
    const reason = component === '' ? 'name.empty-component' : isName(component) ? null : 'name.escapes';
    if (reason !== null) throw new Problem('bad_name', { name: path, reason });
  }
  return components;
}

/** What may stand for an entry: no way to another directory, nothing that ends a name early. */
export function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && name.isWellFormed();
}
