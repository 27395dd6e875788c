/** A test's end of `wire.ts`: what the processes of a network sent and received over gRPC, and who is cut off from whom. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const WIRE = fileURLToPath(new URL('wire.ts', import.meta.url));
const ANSWER_WITHIN_MS = 10_000;

export interface WireQuestion {
  readonly number: number;
  /** Ports to which no connection is held or made. */
  readonly cut: readonly number[];
}

/** Since the process began, of its gRPC connections in both directions: what the sockets carried, HTTP/2 and all. */
export interface WireAnswer {
  readonly number: number;
  sentBytes: number;
  receivedBytes: number;
  readonly connections: number;
}

export class WireTap {
  readonly #folder: string;
  #asked = 0;

  constructor(folder: string, grpcPorts: readonly number[]) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ports.json'), JSON.stringify(grpcPorts));
  }

  /** For each process that is to be tapped. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--import=${WIRE}`, ANILLO_WIRE: this.#folder };
  }

  /** Counts, and from now on holds no connection from this process to those gRPC ports. */
  async ask(pid: number, cut: readonly number[] = []): Promise<WireAnswer> {
    const question: WireQuestion = { number: ++this.#asked, cut };
    writeFileSync(join(this.#folder, `${pid}.asked`), JSON.stringify(question));
    process.kill(pid, 'SIGUSR2');
    let answer: WireAnswer | null = null;
    await until(`process ${pid} tells its bytes`, ANSWER_WITHIN_MS, () => {
      answer = JSON.parse(readFileSync(join(this.#folder, `${pid}.told`), 'utf8')) as WireAnswer;
      return answer.number === question.number;
    });
    return answer as unknown as WireAnswer;
  }
}
