/**
 * The members remembered over a restart, `DATA/members.json`: hints by which a node finds its network again without
 * anybody's help. Written some time after a change, never more than once at a time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Contact, MemberEntry, MemberStatus } from '../../ring/message.ts';
import { writeDurably } from '../../storage/durable-file.ts';
import { isAddress, isIdentifier } from './contact-codec.ts';

const FILE = 'members.json';
/** A storm of changes becomes one write. */
const COALESCE_MS = 1_000;
const MEMBERS_MAX = 512;
const STATUSES: readonly string[] = ['alive', 'suspect', 'left'] satisfies MemberStatus[];

export class MembersFile {
  readonly #file: string;
  readonly #log: Logger;
  #waiting: readonly MemberEntry[] | null = null;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(dataDir: string, log: Logger) {
    this.#file = join(dataDir, FILE);
    this.#log = log;
  }

  /** What an earlier life wrote; nothing where there is no file, or none that can be read: these are only hints. */
  read(): MemberEntry[] {
    try {
      const document: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return Array.isArray(document) ? document.slice(0, MEMBERS_MAX).filter(isEntry) : [];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn(
          { file: this.#file, reason: (error as Error).message },
          'remembered members are not readable',
        );
      }
      return [];
    }
  }

  save(members: readonly MemberEntry[]): void {
    this.#waiting = members.slice(0, MEMBERS_MAX);
    this.#timer ??= setTimeout(() => void this.flush(), COALESCE_MS);
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const members = this.#waiting;
    this.#waiting = null;
    if (members !== null) this.#writing = this.#writing.then(() => this.#write(members));
    await this.#writing;
  }

  async #write(members: readonly MemberEntry[]): Promise<void> {
    try {
      await writeDurably(this.#file, `${JSON.stringify(members)}\n`);
    } catch (error) {
      this.#log.warn({ file: this.#file, reason: (error as Error).message }, 'members were not remembered');
    }
  }
}

function isEntry(value: unknown): value is MemberEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { contact, status } = value as { contact?: Partial<Contact>; status?: unknown };
  return (
    typeof status === 'string' &&
    STATUSES.includes(status) &&
    typeof contact === 'object' &&
    contact !== null &&
    typeof contact.id === 'string' &&
    isIdentifier(contact.id) &&
    Number.isSafeInteger(contact.incarnation) &&
    typeof contact.address === 'string' &&
    isAddress(contact.address)
  );
}
