/**
 * Where uploads that were broken off stand, so that the same command goes on with them: one small file for each, in a folder of
 * the person who sends. A file that has changed is another one.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { writeDurably } from '../storage/durable-file.ts';

/** What a node forgets as well. */
const KEPT_MS = 3 * 86_400_000;

export interface UploadRecord {
  /** `host:port` of the upload service that has the bytes. */
  readonly upload: string;
  /** Of the upload, there. */
  readonly path: string;
}

/** What makes it the same upload. */
export interface UploadIdentity {
  readonly path: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

export class UploadRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Null when there is none that can be read. */
  async find(identity: UploadIdentity): Promise<UploadRecord | null> {
    try {
      const { upload, path } = JSON.parse(await readFile(this.#file(identity), 'utf8')) as UploadRecord;
      return typeof upload === 'string' && typeof path === 'string' ? { upload, path } : null;
    } catch {
      return null;
    }
  }

  /** Notes where it stands, and drops what is too old. @throws the system's error */
  async note(identity: UploadIdentity, { upload, path }: UploadRecord): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#dropOld();
    await writeDurably(this.#file(identity), JSON.stringify({ upload, path }));
  }

  async forget(identity: UploadIdentity): Promise<void> {
    await rm(this.#file(identity), { force: true });
  }

  async #dropOld(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      const found = await stat(file).catch(() => null);
      if (found !== null && found.mtimeMs + KEPT_MS < Date.now()) await rm(file, { force: true });
    }
  }

  #file({ path, name, tags, size, mtimeNs, inode }: UploadIdentity): string {
    const said = [resolve(path), name, tags, size, String(mtimeNs), String(inode)];
    return join(this.#folder, `${createHash('sha256').update(JSON.stringify(said)).digest('hex')}.json`);
  }
}

/** XDG Base Directory Specification: what should outlive a restart and is of no value elsewhere. */
export function uploadRecordsIn(environment: NodeJS.ProcessEnv): UploadRecords {
  const state = environment.XDG_STATE_HOME;
  const base = state !== undefined && isAbsolute(state) ? state : join(homedir(), '.local', 'state');
  return new UploadRecords(join(base, 'anillo', 'uploads'));
}
