/**
 * A file put to a node: in one stream and by tus, for files of several sizes, in turns; and one of 1 GiB, which the node syncs, beside
 * `cp` and `sync -f` of the same file. Medians, on loopback; a put counts from the start of its process to its exit.
 * What must hold: at most 1.4 times the time of `cp` and `sync -f`. `node bench/transfer-put.ts [MiB] [runs]`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpClient } from '../src/client/http.ts';
import { NodeClient } from '../src/client/node-client.ts';
import { putResumably } from '../src/client/resumable-put.ts';
import { UploadRecords } from '../src/client/upload-records.ts';
import { keystream } from '../src/content/keystream.test-support.ts';
import { median } from './transfer/stage.ts';

const SIZE_MIB = 1024;
const RUNS = 5;
const SMALL_MIB = [1, 8, 16, 64];
const SMALL_RUNS = 11;
const SUPPORT = (file: string) => fileURLToPath(new URL(`../src/${file}.test-support.ts`, import.meta.url));

interface Stage {
  readonly folder: string;
  readonly address: string;
  readonly http: HttpClient;
}

function write(path: string, mib: number): void {
  writeFileSync(path, '');
  for (const chunk of keystream(path, mib * 1_048_576)) writeFileSync(path, chunk, { flag: 'a' });
}

async function run(command: string, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return performance.now() - startedMs;
}

/** Milliseconds of each way, in turns. */
async function smallFiles({ folder, address, http }: Stage, mib: number): Promise<Record<string, number[]>> {
  const path = join(folder, `small-${mib}`);
  write(path, mib);
  const { size, mtimeNs, ino: inode } = statSync(path, { bigint: true });
  const records = new UploadRecords(join(folder, 'records'));
  const ways = {
    put: (name: string) =>
      new NodeClient(http, `http://${address}`).put({
        name,
        tags: [],
        size: Number(size),
        source: createReadStream(path, { highWaterMark: 1_048_576 }),
      }),
    tus: (name: string) =>
      putResumably(http, {
        file: { path, name, tags: [], size: Number(size), mtimeNs, inode },
        upload: address,
        records,
        limit: null,
        signal: new AbortController().signal,
        onBytes: () => {},
      }),
  };
  const spentMs: Record<string, number[]> = { put: [], tus: [] };
  for (let round = 0; round < SMALL_RUNS; round += 1) {
    for (const [way, send] of Object.entries(ways)) {
      const startedMs = performance.now();
      await send(`${way}-${mib}-${round}`);
      spentMs[way]?.push(performance.now() - startedMs);
    }
  }
  return spentMs;
}

async function largeFile(stage: Stage, mib: number, runs: number): Promise<Record<string, number[]>> {
  const { folder, address } = stage;
  const path = join(folder, 'large');
  write(path, mib);
  const spentMs: Record<string, number[]> = { copy: [], put: [] };
  const shared = join(folder, 'shared');
  for (let round = 0; round <= runs; round += 1) {
    const copy = join(folder, 'copy');
    const copyMs = await run('sh', ['-c', 'cp "$0" "$1" && sync -f "$1"', path, copy]);
    rmSync(copy);
    const args = [SUPPORT('client/putting-child'), address, path, `large-${round}`, join(folder, 'records')];
    const putMs = await run(process.execPath, args);
    rmSync(join(shared, `large-${round}`));
    if (round === 0) continue; // The first one warms caches.
    spentMs.copy?.push(copyMs);
    spentMs.put?.push(putMs);
  }
  return spentMs;
}

async function measure(mib: number, runs: number): Promise<void> {
  const folder = mkdtempSync(join(process.env.ANILLO_BENCH_DIR ?? tmpdir(), 'anillo-put-'));
  const args = [SUPPORT('services/upload/upload-child'), join(folder, 'shared'), join(folder, 'data'), '0'];
  const node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const http = new HttpClient(new AbortController().signal);
  try {
    const [port] = (await once(node.stdout, 'data')) as [Buffer];
    const stage = { folder, address: `127.0.0.1:${Number(port.toString())}`, http };
    for (const size of SMALL_MIB) {
      const { put = [], tus = [] } = await smallFiles(stage, size);
      console.log(
        `${size} MiB: PUT ${median(put).toFixed(1)} ms, tus ${median(tus).toFixed(1)} ms, ${(median(tus) - median(put)).toFixed(1)} ms more`,
      );
    }
    const { copy = [], put = [] } = await largeFile(stage, mib, runs);
    const shown = (values: readonly number[]) => values.map((ms) => ms.toFixed(0)).join(' ');
    console.log(`cp && sync -f   ${median(copy).toFixed(0)} ms (${shown(copy)})`);
    console.log(`put by tus      ${median(put).toFixed(0)} ms (${shown(put)})`);
    console.log(`${mib} MiB: put to cp && sync -f ${(median(put) / median(copy)).toFixed(2)}`);
  } finally {
    await http.close();
    node.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const [size = SIZE_MIB, runs = RUNS] = process.argv.slice(2).map(Number);
await measure(size, runs);
