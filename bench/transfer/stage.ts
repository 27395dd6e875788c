/** What the figures of transfers are measured on: one file, holders of it in processes of their own, nginx beside them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { keystream } from '../../src/content/keystream.test-support.ts';
import { Library } from '../../src/library/library.ts';
import { freePorts } from '../../test/network.ts';
import { processorSeconds } from '../../test/process-figures.ts';

const MIB = 1_048_576;
const FILE = 'file.bin';

/** Of the receiving process from its start to its exit. */
export interface Receipt {
  readonly ms: number;
  /** Of the transfer alone, without the start of the process; null where the program does not say it. */
  readonly transferMs: number | null;
  readonly receiverCpu: number;
  readonly senderCpu: number;
}

export interface Holder {
  readonly address: string;
  readonly child: ChildProcess;
  /** What it gave to the system to send, so far. */
  sentBytes(): Promise<number>;
}

export class TransferStage {
  readonly folder: string;
  readonly bytes: number;
  readonly cid: string;
  readonly #children: ChildProcess[] = [];
  #outputs = 0;

  private constructor(folder: string, bytes: number, cid: string) {
    this.folder = folder;
    this.bytes = bytes;
    this.cid = cid;
  }

  static async open(sizeMib: number): Promise<TransferStage> {
    const folder = mkdtempSync(join(tmpdir(), 'anillo-bench-transfer-'));
    const log = pino({ level: 'silent' });
    const dirs = { shareDir: join(folder, 'shared'), dataDir: join(folder, 'data') };
    const library = await Library.open({ ...dirs, log, reserveBytes: 0 });
    async function* source(): AsyncGenerator<Uint8Array> {
      yield* keystream('transfer', sizeMib * MIB);
    }
    const { cid } = await library.receive({ name: FILE, source: source() });
    await library.close();
    for await (const _ of createReadStream(join(folder, 'shared', FILE), { highWaterMark: MIB })); // Into the page cache.
    return new TransferStage(folder, sizeMib * MIB, cid);
  }

  /** @param bytesPerSecond 0: as fast as it goes */
  async holder(bytesPerSecond = 0): Promise<Holder> {
    const script = fileURLToPath(new URL('holder.ts', import.meta.url));
    const child = spawn(process.execPath, [script, this.folder, `${bytesPerSecond}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    const lines = createInterface(child.stdout);
    const [port] = (await once(lines, 'line')) as [string];
    const sentBytes = async () => {
      child.kill('SIGUSR2');
      const [sent] = (await once(lines, 'line')) as [string];
      return Number(sent);
    };
    return { address: `127.0.0.1:${port}`, child, sentBytes };
  }

  /** @returns the URL of the file */
  async nginx(): Promise<{ url: string; pid: number }> {
    const [port = 0] = await freePorts(1);
    const home = join(this.folder, 'nginx');
    mkdirSync(home);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${home}/${name};`,
    );
    writeFileSync(
      join(home, 'nginx.conf'),
      `daemon off; master_process off; pid ${home}/pid; error_log ${home}/error.log; user root;
events {} http { access_log off; sendfile on; tcp_nopush on; ${paths.join(' ')}
server { listen 127.0.0.1:${port}; root ${join(this.folder, 'shared')}; } }`,
    );
    const child = spawn('nginx', ['-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')], {
      stdio: 'inherit',
    });
    this.#children.push(child);
    const url = `http://127.0.0.1:${port}/${FILE}`;
    execFileSync('curl', ['-sI', '--retry', '20', '--retry-connrefused', '--retry-delay', '1', url]);
    return { url, pid: child.pid ?? 0 };
  }

  /** Runs `curl -o`, and `sync -f` after it where asked. */
  async curl({ url, pid }: { url: string; pid: number }, sync: boolean): Promise<Receipt> {
    const output = this.#output();
    const command = `curl -s -o '${output}' ${url}${sync ? ` && sync -f '${output}'` : ''}`;
    return this.#receive('sh', ['-c', command], output, [pid], false);
  }

  /** @param onHalf called when half of the file is there */
  async get(
    holders: readonly Holder[],
    { sync = false, onHalf }: { sync?: boolean; onHalf?: () => void } = {},
  ): Promise<Receipt> {
    const output = this.#output();
    const script = fileURLToPath(new URL('receiver.ts', import.meta.url));
    const half = onHalf === undefined ? 0 : this.bytes / 2;
    const args = [script, this.cid, output, sync ? 'sync' : 'plain', `${half}`];
    const pids = holders.map(({ child }) => child.pid ?? 0);
    return this.#receive(
      process.execPath,
      [...args, ...holders.map(({ address }) => address)],
      output,
      onHalf === undefined ? pids : [],
      true,
      onHalf,
    );
  }

  /** Starts a download and kills it; `ended` is false when it was killed before its end. */
  async getUntilKilled({ address }: Holder, output: string, afterMs: number): Promise<{ ended: boolean }> {
    const script = fileURLToPath(new URL('receiver.ts', import.meta.url));
    const child = spawn(process.execPath, [script, this.cid, output, 'plain', '0', address], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    const [code] = (await once(child, 'exit')) as [number | null];
    clearTimeout(timer);
    return { ended: code === 0 };
  }

  /** @throws when the bytes are others than those of the file */
  compare(output: string): void {
    execFileSync('cmp', [output, join(this.folder, 'shared', FILE)]);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }

  async #receive(
    program: string,
    args: readonly string[],
    output: string,
    senders: readonly number[],
    tells: boolean,
    onHalf?: () => void,
  ): Promise<Receipt> {
    const senderCpu = () => senders.reduce((sum, pid) => sum + processorSeconds(pid), 0);
    const before = senderCpu();
    const beforeOwn = childrenSeconds();
    const startedMs = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = '';
    createInterface(child.stdout).on('line', (line) => {
      if (line === 'half') onHalf?.();
      last = line;
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    const ms = performance.now() - startedMs;
    if (code !== 0) throw new Error(`${program} ended with ${code}`);
    const figures = { ms, receiverCpu: childrenSeconds() - beforeOwn, senderCpu: senderCpu() - before };
    this.compare(output);
    rmSync(output);
    const transferMs = tells ? (JSON.parse(last) as { ms: number }).ms : null;
    return { ...figures, transferMs };
  }

  #output(): string {
    return join(this.folder, `output-${++this.#outputs}`);
  }
}

/** Processor time of children that ended, all threads, in seconds (proc(5), fields 16 and 17 of stat). */
function childrenSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
