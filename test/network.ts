/** A network of real processes for tests: started by the project's own Node, stopped, paused and really killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { until } from './until.ts';
import { WireTap } from './wire-tap.ts';

export const BIN = fileURLToPath(new URL('../bin/anillo.js', import.meta.url));
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** One process of the network, with the words that start it again as it was. */
export class Part {
  readonly name: string;
  readonly url: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Beside those of this process. */
  environment: Readonly<Record<string, string>> = {};
  #child: ChildProcess | null = null;

  constructor(name: string, url: string, args: readonly string[], logFile: string) {
    this.name = name;
    this.url = url;
    this.args = args;
    this.logFile = logFile;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`${this.name} does not run`);
    return this.#child.pid;
  }

  get runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  spawn(): void {
    const log = openSync(this.logFile, 'a');
    this.#child = spawn(process.execPath, [BIN, ...this.args], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ANILLO_LOG: process.env.ANILLO_LOG ?? 'info', LANG: 'C', ...this.environment },
    });
  }

  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    await until(`${this.name} is ready`, timeoutMs, async () => {
      if (!this.runs) throw new Error(`${this.name} ended:\n${this.log().slice(-4000)}`);
      return (await statusOf(`${this.url}/readyz`)) === 200;
    });
  }

  /** Sends a signal; for SIGKILL and SIGTERM waits for the end. Returns the exit code (null after a signal). */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null || !this.runs) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGTERM') {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      const code = await ended;
      clearTimeout(timer);
      return code;
    }
    return ended;
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }
}

export class TestNode extends Part {
  readonly share: string;
  readonly data: string;
  readonly grpcPort: number;
  readonly grpcAddress: string;

  constructor(name: string, folder: string, port: number, grpcPort: number, extra: readonly string[]) {
    const share = join(folder, name, 'shared');
    const data = join(folder, name, 'data');
    mkdirSync(share, { recursive: true });
    mkdirSync(data, { recursive: true });
    const args = [
      'node',
      '--share',
      share,
      '--data',
      data,
      '--port',
      `${port}`,
      '--grpc-port',
      `${grpcPort}`,
      ...extra,
    ];
    super(name, `http://127.0.0.1:${port}`, args, join(folder, `${name}.log`));
    this.share = share;
    this.data = data;
    this.grpcPort = grpcPort;
    this.grpcAddress = `127.0.0.1:${grpcPort}`;
  }
}

export interface NetworkOptions {
  readonly nodes: number;
  /** More words for each node's command line. */
  readonly nodeArgs?: readonly string[];
  /** Counts at the sockets of the nodes' gRPC connections, and can cut them. */
  readonly isTapped?: boolean;
}

export class TestNetwork {
  readonly folder: string;
  readonly portmapper: Part;
  readonly nodes: TestNode[];
  /** Null unless the network is tapped. */
  readonly wire: WireTap | null;
  /** When the last node was started, by `performance.now()`. */
  #lastStartAt = 0;

  private constructor(folder: string, portmapper: Part, nodes: TestNode[], wire: WireTap | null) {
    this.wire = wire;
    this.folder = folder;
    this.portmapper = portmapper;
    this.nodes = nodes;
  }

  static async start(options: NetworkOptions): Promise<TestNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'anillo-test-'));
    const ports = await freePorts(1 + 2 * options.nodes);
    const [port = 0] = ports;
    const portmapper = new Part(
      'portmapper',
      `http://127.0.0.1:${port}`,
      ['portmapper', '--port', `${port}`, '--data', join(folder, 'portmapper')],
      join(folder, 'portmapper.log'),
    );
    const nodes = Array.from({ length: options.nodes }, (_, index) => {
      const [rest = 0, grpc = 0] = ports.slice(1 + 2 * index);
      const extra = ['--portmapper', portmapper.url, ...(options.nodeArgs ?? [])];
      return new TestNode(`node-${index + 1}`, folder, rest, grpc, extra);
    });
    const wire = options.isTapped === true ? tap(folder, nodes) : null;
    const network = new TestNetwork(folder, portmapper, nodes, wire);
    try {
      await portmapper.start();
      network.#lastStartAt = (await startInGroups(nodes)).lastStartAt;
    } catch (error) {
      await network.stop();
      throw error;
    }
    return network;
  }

  get lastStartAt(): number {
    return this.#lastStartAt;
  }

  /** The node at a place, counted from 1. */
  node(number: number): TestNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.nodes, this.portmapper].map((part) => part.end('SIGKILL')));
    if (process.env.ANILLO_KEEP === undefined) rmSync(this.folder, { recursive: true, force: true });
    else console.log(`kept ${this.folder}`);
  }
}

function tap(folder: string, nodes: readonly TestNode[]): WireTap {
  const wire = new WireTap(
    join(folder, 'wire'),
    nodes.map(({ grpcPort }) => grpcPort),
  );
  for (const node of nodes) node.environment = wire.environment;
  return wire;
}

/** Starting a process takes two seconds of a core: all at once, a small machine does nothing else for a minute. */
const STARTED_AT_ONCE = 4;

/** Starts all, a few at once; resolves when all are ready, with the moment of the last start. */
export async function startInGroups(parts: readonly Part[]): Promise<{ lastStartAt: number }> {
  let lastStartAt = performance.now();
  const rest = parts.values();
  const starter = async (): Promise<void> => {
    for (const part of rest) {
      lastStartAt = performance.now();
      await part.start();
    }
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, starter));
  return { lastStartAt };
}

/** HTTP status, or 0 when nobody answered. */
export async function statusOf(url: string): Promise<number> {
  try {
    const answer = await request(url, { headersTimeout: 2000, bodyTimeout: 2000 });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
  }
}

export async function getJson<Answer>(url: string): Promise<Answer> {
  const answer = await request(url, { headersTimeout: 10_000, bodyTimeout: 10_000 });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text) as Answer;
}
