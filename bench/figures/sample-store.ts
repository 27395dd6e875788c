/**
 * What each seed gave, kept by workload, size and code under .cache/figures, so that a run goes on where it stopped. The
 * code is what a workload depends on: another commit that touches nothing of it leaves its samples valid.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededSample } from './summary.ts';

const CORE = [
  'src/ring/*.ts',
  'src/simulator/*.ts',
  'src/simulator/{checkers,scenarios}/*.ts',
  'src/services/dht/*codec.ts',
  'bench/figures/stage/*.ts',
  'bench/hops.ts',
];
/** Of workloads with records alone. */
const RECORDS = ['src/records/*.ts', 'src/services/dht/records/*.ts', 'src/simulator/records/*.ts'];
const WORKLOADS = 'bench/figures/workloads';
const DIGITS = 12;

export interface StoredSample extends SeededSample {
  readonly commit: string;
  readonly date: string;
  readonly seconds: number;
}

export class SampleStore {
  readonly #root: string;
  readonly #core: string;

  /** @param root of the repository */
  constructor(root: string) {
    this.#root = root;
    this.#core = this.#hashOf(CORE);
  }

  put(workload: string, nodes: number, sample: StoredSample): void {
    const folder = this.#folder(workload, nodes);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${sample.seed}.json`);
    // Whole or not at all: a run may be stopped at any moment.
    writeFileSync(`${file}.part`, JSON.stringify(sample));
    renameSync(`${file}.part`, file);
  }

  has(workload: string, nodes: number, seed: number): boolean {
    return existsSync(join(this.#folder(workload, nodes), `${seed}.json`));
  }

  /** In the order of seeds: of the code as it is, or where nothing was run for it, of what was run last. */
  samples(workload: string, nodes: number): StoredSample[] {
    const current = this.#folder(workload, nodes);
    const folders = globSync(join(this.#cache(workload, nodes), '*'));
    const newest = folders.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    const folder = folders.includes(current) ? current : newest;
    if (folder === undefined) return [];
    const files = globSync(join(folder, '*.json'));
    const samples = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as StoredSample);
    return samples.sort((a, b) => a.seed - b.seed);
  }

  #cache(workload: string, nodes: number): string {
    return join(this.#root, '.cache', 'figures', `${workload}-${nodes}`);
  }

  #folder(workload: string, nodes: number): string {
    const own = this.#hashOf([this.#fileOf(workload), ...(workload.startsWith('records') ? RECORDS : [])]);
    return join(this.#cache(workload, nodes), `${this.#core}-${own}`);
  }

  /** A workload stands in a file of its own name, or with others in one named by its first word, or with the scenarios. */
  #fileOf(workload: string): string {
    const [first = workload] = workload.split('-');
    const files = [workload, first].map((name) => `${WORKLOADS}/${name}.ts`);
    return files.find((file) => existsSync(join(this.#root, file))) ?? `${WORKLOADS}/scenarios.ts`;
  }

  #hashOf(patterns: readonly string[]): string {
    const hash = createHash('sha256');
    const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: this.#root })).sort();
    for (const file of files) {
      if (!file.endsWith('.test.ts')) hash.update(`${file}\0`).update(readFileSync(join(this.#root, file)));
    }
    return hash.digest('hex').slice(0, DIGITS);
  }
}
