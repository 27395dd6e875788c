/**
 * Hashing a file as the library does it, beside plain SHA-256 of the same file in this process: 1 GiB in the page cache,
 * in turns, medians. What must hold: at most 1.6 times the time of plain SHA-256.
 * `node bench/hash.ts [MiB] [runs]`
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileHasher } from '../src/content/file-hasher.ts';
import { keystream } from '../src/content/keystream.test-support.ts';

const MIB = 1_048_576;
const RATIO_MAX = 1.6;

const sizeMib = Number(process.argv[2] ?? 1024);
const runs = Number(process.argv[3] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'anillo-bench-hash-'));
const path = join(folder, 'file');

function makeFile(): void {
  const descriptor = openSync(path, 'w');
  for (const chunk of keystream('bench', sizeMib * MIB)) writeSync(descriptor, chunk);
  closeSync(descriptor);
}

function plainSha256(): void {
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

async function hashStreamed(hasher: FileHasher): Promise<void> {
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

try {
  makeFile();
  const plain: number[] = [];
  const file: number[] = [];
  const stream: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    // A hasher of its own for each run: its threads' start counts.
    const hasher = new FileHasher();
    plain.push(await timed(plainSha256));
    file.push(await timed(() => hasher.hashFile(path)));
    stream.push(await timed(() => hashStreamed(hasher)));
    await hasher.close();
  }
  const ratio = median(file) / median(plain);
  const rows = { plain, file, stream };
  for (const [name, values] of Object.entries(rows)) {
    console.log(
      `${name.padEnd(8)} median ${median(values).toFixed(0)} ms  of ${values.map((ms) => ms.toFixed(0)).join(' ')}`,
    );
  }
  console.log(`${sizeMib} MiB: file / plain ${ratio.toFixed(2)} (at most ${RATIO_MAX})`);
  console.log(`${sizeMib} MiB: stream / plain ${(median(stream) / median(plain)).toFixed(2)}`);
  process.exitCode = ratio <= RATIO_MAX ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
