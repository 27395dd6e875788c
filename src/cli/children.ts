/** The parts of `anillo up`: each a process of its own, watched, restarted a few times, and stopped with this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Problem } from '../problems/problem.ts';
import type { LogFile } from './log-file.ts';
import { PARENT_WATCH } from './parent-watch.ts';

const RESTARTS_MAX = 5;
/** A part that ran this long is a healthy one: its earlier restarts are forgotten. */
const HEALTHY_MS = 10 * 60_000;
const RESTART_PAUSE_MS = 1_000;
const STOP_TIMEOUT_MS = 20_000;
/** Of exit codes: wrong configuration and a refusal will not get better by trying again. */
const HOPELESS = new Set([2, 5]);

const ENTRY = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './entry.ts' : './entry.js', import.meta.url),
);

export interface PartOptions {
  /** `portmapper`, `node-1`. */
  readonly name: string;
  readonly args: readonly string[];
  /** The folder of the network; paths in `args` are absolute. */
  readonly cwd: string;
  readonly log: LogFile;
  /** It ended by itself and is started again. */
  onRestart(name: string, how: string): void;
  /** It ended by itself once too often. */
  onGiveUp(problem: Problem): void;
}

export class Part {
  readonly name: string;
  readonly #options: PartOptions;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #restarts = 0;
  #stopping = false;

  constructor(options: PartOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    const { args, cwd, log } = this.#options;
    const startedAtMs = performance.now();
    const handle = log.open();
    // Its own session: Ctrl-C reaches `up` alone, which stops the parts in order. Its stdin is the cord to this process.
    const child = spawn(process.execPath, [ENTRY, ...args], {
      stdio: ['pipe', handle.fd, handle.fd],
      detached: true,
      env: { ...environmentOfParts(), [PARENT_WATCH]: 'stdin' },
      // Where nobody's anillo.yaml is taken for the configuration of a part.
      cwd,
    });
    handle.close();
    this.#child = child;
    child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve();
        this.#giveUp(error.message);
      });
      child.once('exit', (code, signal) => {
        this.#child = null;
        resolve();
        if (!this.#stopping) void this.#afterDeath(code, signal, performance.now() - startedAtMs);
      });
    });
  }

  /** Asks it to end; ends it when it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === null) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  /** At once. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  async #afterDeath(code: number | null, signal: string | null, ranMs: number): Promise<void> {
    const how = signal ?? `exit ${code}`;
    if (ranMs > HEALTHY_MS) this.#restarts = 0;
    if (this.#restarts >= RESTARTS_MAX || (code !== null && HOPELESS.has(code))) return this.#giveUp(how);
    this.#restarts += 1;
    this.#options.onRestart(this.name, how);
    await delay(RESTART_PAUSE_MS * this.#restarts);
    if (!this.#stopping) this.start();
  }

  #giveUp(how: string): void {
    const { name, log, onGiveUp } = this.#options;
    onGiveUp(new Problem('part_failed', { part: name, reason: log.lastComplaint() ?? how, log: log.path }));
  }
}

/** Settings meant for one node would give several of them the same; these few are good for all. */
const SETTINGS_OF_ALL = new Set(['ANILLO_LOG', 'ANILLO_TIMING', 'ANILLO_RESERVE_BYTES']);

function environmentOfParts(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('ANILLO_') || SETTINGS_OF_ALL.has(name),
  );
  return Object.fromEntries(kept);
}
