/** A 2 GiB file in at one node and out through another: no process rises more than 150 MB above its idle memory. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BIN, TestNetwork } from '../network.ts';
import { residentBytes, watchMemory } from '../process-figures.ts';
import { type Figures, runPart } from './part.ts';

const FILE_BYTES = 2 * 2 ** 30;
const MOST_RISE_BYTES = 150e6;
const CHUNK_BYTES = 2 ** 20;

await runPart(
  'putting and getting a 2 GiB file, no process rises more than 150 MB above its idle memory',
  async () => {
    const network = await TestNetwork.start({ nodes: 3 });
    try {
      return await tell(network);
    } finally {
      await network.stop();
    }
  },
);

async function tell(network: TestNetwork): Promise<Figures> {
  const source = join(network.folder, 'big.bin');
  const expected = await writeBigFile(source);
  const parts = [network.portmapper, ...network.nodes];
  const pids = parts.map((part) => part.pid);
  const idle = new Map(pids.map((pid) => [pid, residentBytes(pid)]));
  const watch = watchMemory(pids);
  const put = await command(['put', source, '--node', network.node(1).url]);
  const back = join(network.folder, 'back.bin');
  const get = await command(['get', 'big.bin', '--node', network.node(2).url, '-o', back]);
  const highest = watch.stop();
  assert.equal(await sha256(back), expected, 'byte for byte');
  const rises = pids.map((pid) => (highest.get(pid) ?? 0) - (idle.get(pid) ?? 0));
  const figures = {
    highestServerRiseMb: Math.max(...rises) / 1e6,
    putRiseMb: put.riseBytes / 1e6,
    getRiseMb: get.riseBytes / 1e6,
    putSeconds: put.seconds,
    getSeconds: get.seconds,
  };
  console.log(figures);
  for (const rise of [...rises, put.riseBytes, get.riseBytes])
    assert.ok(rise <= MOST_RISE_BYTES, `a rise of ${rise} bytes`);
  return figures;
}

async function writeBigFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let offset = 0; offset < FILE_BYTES; offset += CHUNK_BYTES) {
    chunk.fill(createHash('sha256').update(String(offset)).digest());
    hash.update(chunk);
    await file.write(chunk);
  }
  await file.close();
  return hash.digest('hex');
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk);
  return hash.digest('hex');
}

/** Runs a command and follows its memory; its idle memory is taken as that of a command that does nothing. */
async function command(args: readonly string[]): Promise<{ seconds: number; riseBytes: number }> {
  const idle = await highestOf(['--version']);
  const started = performance.now();
  const highest = await highestOf(args);
  return { seconds: (performance.now() - started) / 1000, riseBytes: highest - idle };
}

async function highestOf(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  let highest = 0;
  const timer = setInterval(() => {
    if (child.pid !== undefined && child.exitCode === null)
      highest = Math.max(highest, safeResident(child.pid));
  }, 10);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  assert.equal(code, 0, said);
  return highest;
}

function safeResident(pid: number): number {
  try {
    return residentBytes(pid);
  } catch {
    // It ended between two looks.
    return 0;
  }
}
