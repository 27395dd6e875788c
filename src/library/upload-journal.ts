/**
 * What is known of an upload that may be resumed: lines beside its bytes, only ever added to. The first says what is to come,
 * as JSON; `L` gives the SHA-256 of the next whole piece; `S` says up to where the bytes have been synced; `C` gives the CID
 * when all have come; `B` the boot of the machine in which bytes were added. What a death tore off ends the reading. A leaf
 * beyond the last `S` vouches for nothing by itself: the piece may not have reached the disk.
 */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DIGEST_BYTES } from '../content/profile.ts';
import { syncFolder } from '../storage/durable-file.ts';
import { isAbsent } from './shared-folder.ts';

/** What was said when the upload was created. */
export interface UploadHead {
  /** A checked name. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly type?: string;
  readonly tags?: readonly string[];
  /** As the sender wrote it, to be given back. */
  readonly metadata: Readonly<Record<string, string | null>>;
}

const LINE = /^(?:L ([0-9a-f]{64})|S (\d{1,16})|C ([a-z2-7]{1,128})|B ([0-9a-z-]{1,64}))$/;

export class UploadJournal {
  readonly head: UploadHead;
  readonly leaves: Buffer[] = [];
  /** Bytes from the start that survive a loss of power. */
  synced = 0;
  cid: string | null = null;
  /** In which bytes were added last, as `began` was told. */
  boot = '';
  readonly #file: string;
  /** Where the line of each leaf ends; first, where the head does. */
  readonly #ends: number[];
  #length: number;
  /** Of it, what the file has. */
  #onDisk: number;
  #held = '';
  #writing: Promise<void> = Promise.resolve();
  #handle: FileHandle | null = null;

  private constructor(file: string, head: UploadHead, headBytes: number) {
    this.#file = file;
    this.head = head;
    this.#ends = [headBytes];
    this.#length = headBytes;
    this.#onDisk = headBytes;
  }

  /** Durable when it resolves. @throws the system's error */
  static async create(file: string, head: UploadHead): Promise<void> {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(head)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(file));
  }

  /** Null when there is none, or when a death cut its creation short. */
  static async read(file: string): Promise<UploadJournal | null> {
    const text = await readFile(file, 'latin1').catch((error: unknown) => {
      if (isAbsent(error)) return '';
      throw error;
    });
    const [first = '', ...lines] = text.split('\n');
    const head = headOf(Buffer.from(first, 'latin1').toString('utf8'));
    if (head === null || lines.length === 0) return null;
    const journal = new UploadJournal(file, head, first.length + 1);
    lines.pop(); // Empty, or torn off.
    for (const line of lines) if (!journal.#take(line)) break;
    journal.#onDisk = journal.#length;
    return journal;
  }

  /** Notes the next whole piece; written with the next `flush`. */
  leaf(digest: Uint8Array): void {
    this.#hold(`L ${Buffer.from(digest).toString('hex')}`);
  }

  /** The bytes up to `offset` have been synced. */
  mark(offset: number): void {
    this.#hold(`S ${offset}`);
  }

  /** From here on bytes are added: known to whoever comes next, unless the machine goes down as well. */
  async began(boot: string): Promise<void> {
    if (boot !== this.boot) this.#hold(`B ${boot}`);
    await this.flush();
  }

  whole(cid: string): void {
    this.#hold(`C ${cid}`);
  }

  /** Hands what was noted to the system. */
  flush(): Promise<void> {
    const text = this.#held;
    this.#held = '';
    if (text !== '') this.#writing = this.#writing.then(() => this.#append(text));
    return this.#writing;
  }

  /** What was noted survives a loss of power when this resolves. */
  async sync(): Promise<void> {
    await this.flush();
    await (await this.#open()).datasync();
  }

  /** Drops what is noted beyond `pieces` whole pieces, with every mark. */
  async cut(pieces: number): Promise<void> {
    this.#held = '';
    await this.#writing;
    this.#length = this.#ends[pieces] ?? this.#length;
    this.#ends.length = pieces + 1;
    this.leaves.length = pieces;
    this.synced = 0;
    this.cid = null;
    this.boot = '';
    this.#onDisk = this.#length;
    await (await this.#open()).truncate(this.#onDisk);
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {}); // Thrown where it was flushed.
    await this.#handle?.close();
    this.#handle = null;
  }

  #hold(line: string): void {
    this.#take(line);
    this.#held += `${line}\n`;
  }

  /** False for what is no line. */
  #take(line: string): boolean {
    const [whole, digest, synced, cid, boot] = LINE.exec(line) ?? [];
    if (whole === undefined) return false;
    this.#length += line.length + 1;
    if (digest !== undefined) {
      this.leaves.push(Buffer.from(digest, 'hex').subarray(0, DIGEST_BYTES));
      this.#ends.push(this.#length);
    }
    if (synced !== undefined) this.synced = Number(synced);
    if (cid !== undefined) this.cid = cid;
    if (boot !== undefined) this.boot = boot;
    return true;
  }

  /** At the end of what was read: a line that was torn off is written over. */
  async #append(text: string): Promise<void> {
    const handle = await this.#open();
    await handle.appendFile(text);
    this.#onDisk += text.length;
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle === null) {
      this.#handle = await open(this.#file, 'a');
      await this.#handle.truncate(this.#onDisk);
    }
    return this.#handle;
  }
}

function headOf(line: string): UploadHead | null {
  try {
    return JSON.parse(line) as UploadHead;
  } catch {
    return null;
  }
}
