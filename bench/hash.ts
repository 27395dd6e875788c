/**
 * Hashing a file as the library does it, beside plain SHA-256 of the same file in this process: 1 GiB in the page cache,
 * in turns, medians. What must hold: at most 1.6 times the time of plain SHA-256. `listed` is the whole way, from the file's
 * appearance in a shared folder to its listing, less the time that it has to stand still.
 * `node bench/hash.ts [MiB] [runs]`
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHasher } from '../src/content/file-hasher.ts';
import { keystream } from '../src/content/keystream.test-support.ts';
import { ListingBench } from './listing.ts';

const MIB = 1_048_576;
const SIZE_MIB = 1024;
const RUNS = 5;

/** Times in milliseconds, one for each run. */
export interface HashFigures {
  readonly sizeMib: number;
  readonly plain: readonly number[];
  readonly file: readonly number[];
  readonly stream: readonly number[];
  readonly listed: readonly number[];
  /** Of the medians. */
  readonly fileToPlain: number;
  readonly streamToPlain: number;
  readonly listedToPlain: number;
}

export async function measureHashing(sizeMib: number = SIZE_MIB, runs: number = RUNS): Promise<HashFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'anillo-bench-hash-'));
  const path = join(folder, 'file');
  const listing = await ListingBench.open(folder);
  try {
    makeFile(path, sizeMib);
    const plain: number[] = [];
    const file: number[] = [];
    const stream: number[] = [];
    const listed: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      // A hasher of its own for each run: its threads' start counts.
      const hasher = new FileHasher();
      plain.push(await timed(() => plainSha256(path)));
      file.push(await timed(() => hasher.hashFile(path)));
      stream.push(await timed(() => hashStreamed(hasher, path)));
      await hasher.close();
      listed.push(await listing.list(path));
    }
    const ratio = (values: readonly number[]): number => median(values) / median(plain);
    const ratios = {
      fileToPlain: ratio(file),
      streamToPlain: ratio(stream),
      listedToPlain: ratio(listed),
    };
    return { sizeMib, plain, file, stream, listed, ...ratios };
  } finally {
    await listing.close();
    rmSync(folder, { recursive: true });
  }
}

function makeFile(path: string, sizeMib: number): void {
  const descriptor = openSync(path, 'w');
  for (const chunk of keystream('bench', sizeMib * MIB)) writeSync(descriptor, chunk);
  closeSync(descriptor);
}

function plainSha256(path: string): void {
  const descriptor = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(MIB);
  const hash = createHash('sha256');
  for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  hash.digest();
  closeSync(descriptor);
}

async function timed(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function hashStreamed(hasher: FileHasher, path: string): Promise<void> {
  const descriptor = openSync(path, 'r');
  const buffer = Buffer.allocUnsafe(65_536);
  const stream = hasher.openStream();
  for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
    await stream.write(buffer.subarray(0, read));
  }
  await stream.finish();
  closeSync(descriptor);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

if (import.meta.main) {
  const [size, runs] = process.argv.slice(2).map(Number);
  const { sizeMib, fileToPlain, streamToPlain, listedToPlain, ...rows } = await measureHashing(size, runs);
  for (const [name, values] of Object.entries(rows)) {
    const each = values.map((ms) => ms.toFixed(0)).join(' ');
    console.log(`${name.padEnd(8)} median ${median(values).toFixed(0)} ms  of ${each}`);
  }
  console.log(
    `${sizeMib} MiB to plain: file ${fileToPlain.toFixed(2)}, stream ${streamToPlain.toFixed(2)}, listed ${listedToPlain.toFixed(2)}`,
  );
}
