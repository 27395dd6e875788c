/** The log of one part: what it wrote, bounded: older logs are kept a few times and a long one is cut off. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';

const KEPT = 3;
const SIZE_MAX_BYTES = 64 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

export class LogFile {
  readonly path: string;
  /** Where this run begins; what is before it is another run's. */
  #start = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Puts the log of the run before aside: `.1` is the newest of those. */
  rotate(): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    for (let age = KEPT - 1; age >= 1; age -= 1) {
      if (existsSync(`${this.path}.${age}`)) renameSync(`${this.path}.${age}`, `${this.path}.${age + 1}`);
    }
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
    this.#start = 0;
  }

  /** To append to; the caller closes it once a child has it. */
  open(): { readonly fd: number; close(): void } {
    const fd = openSync(this.path, 'a', 0o600);
    this.#start = fstatSync(fd).size;
    return { fd, close: () => closeSync(fd) };
  }

  /** Puts what is there aside when it has become too long. Writers append, so they go on at the new end. */
  bound(): void {
    if (!existsSync(this.path) || statSync(this.path).size < SIZE_MAX_BYTES) return;
    copyFileSync(this.path, `${this.path}.1`);
    truncateSync(this.path);
    this.#start = 0;
  }

  /** The last line that a command printed as its failure, without its prefix. */
  lastComplaint(): string | null {
    const lines = this.#tail().split('\n');
    const complaint = lines.findLast((line) => line.startsWith('anillo: '));
    return complaint?.slice('anillo: '.length) ?? null;
  }

  #tail(): string {
    const fd = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(fd);
      const from = Math.max(this.#start, size - TAIL_BYTES);
      const buffer = Buffer.alloc(Math.max(0, size - from));
      readSync(fd, buffer, 0, buffer.length, from);
      return buffer.toString('utf8');
    } finally {
      closeSync(fd);
    }
  }
}
