/** Starts the index thread, hears it, starts it again when it dies, and stops it cleanly. */
import type { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { Problem } from '../problems/problem.ts';
import { startWorker } from '../storage/worker-thread.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { FromIndex, IndexSetting, ToIndex } from './index-message.ts';
import type { FileEvent } from './index-writer.ts';

/** A thread that dies this often is not started again before the process is. */
const RESTARTS_MAX = 10;
const RESTART_PAUSE_MS = 2_000;
/** A thread asked to stop finishes its transaction and its watch; beyond this it is ended. */
const STOP_TIMEOUT_MS = 5_000;

export interface IndexThreadOptions extends IndexSetting {
  readonly log: Logger;
  readonly onEvent: (event: FileEvent['event'], file: CatalogFile) => void;
}

export class IndexThread {
  readonly #options: IndexThreadOptions;
  #worker: Worker | null = null;
  #restarts = 0;
  #pause: NodeJS.Timeout | null = null;
  #stopping = false;

  constructor(options: IndexThreadOptions) {
    this.#options = options;
  }

  /** Resolves when the thread runs. @throws what kept it from starting */
  async start(): Promise<void> {
    const { shareDir, dataDir, bounds } = this.#options;
    const setting: IndexSetting = { shareDir, dataDir, bounds };
    const worker = startWorker(import.meta.url, './index-worker', { workerData: setting });
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      let started = false;
      worker.on('message', (message: FromIndex) => {
        if (message.type === 'started') {
          started = true;
          resolve();
        } else this.#hear(message);
      });
      worker.on('error', (error) => {
        reject(error);
        if (started) this.#options.log.error({ err: error }, 'the index thread failed');
      });
      worker.on('exit', (code) => {
        this.#worker = null;
        reject(new Problem('internal', { reason: `the index thread ended with code ${code}` }));
        if (started && !this.#stopping) this.#startAgain();
      });
    });
  }

  rescan(): void {
    this.#say({ type: 'rescan' });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#pause !== null) clearTimeout(this.#pause);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const timer = setTimeout(() => void worker.terminate(), STOP_TIMEOUT_MS);
    this.#say({ type: 'stop' });
    await ended;
    clearTimeout(timer);
  }

  #startAgain(): void {
    this.#restarts += 1;
    if (this.#restarts > RESTARTS_MAX) {
      this.#options.log.error('the index thread keeps failing; restart the node');
      return;
    }
    this.#pause = setTimeout(() => {
      this.start().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'the index thread did not start');
        if (!this.#stopping) this.#startAgain();
      });
    }, RESTART_PAUSE_MS);
  }

  #hear(message: FromIndex): void {
    if (message.type === 'log') this.#options.log[message.level](message.fields, message.message);
    if (message.type !== 'events') return;
    for (const { event, file } of message.events) this.#options.onEvent(event, file);
  }

  #say(message: ToIndex): void {
    this.#worker?.postMessage(message);
  }
}
