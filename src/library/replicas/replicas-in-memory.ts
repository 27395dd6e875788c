/** Copies in memory: for tests, and for machines that are made up. What a disk would hold is `bytes`, by path. */
import { hash } from 'node:crypto';
import { rawCid } from '../../content/cid.ts';
import { Problem } from '../../problems/problem.ts';
import type {
  Bring,
  Keeping,
  KeptContent,
  ReplicaStore,
  ReplicaTotals,
  Verdict,
  WantedContent,
} from './replica-store.ts';

export class ReplicasInMemory implements ReplicaStore {
  /** By path; contents of one piece only. */
  readonly bytes = new Map<string, Uint8Array>();
  /** Contents that the shared folder would have. */
  readonly own = new Set<string>();
  readonly #capacityBytes: number;
  readonly #kept = new Map<string, KeptContent>();
  readonly #coming = new Map<string, Promise<Keeping>>();

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  keep(wanted: WantedContent, bring: Bring): Promise<Keeping> {
    const coming = this.#coming.get(wanted.cid);
    if (coming !== undefined) return coming;
    const keeping = this.#keep(wanted, bring).finally(() => this.#coming.delete(wanted.cid));
    this.#coming.set(wanted.cid, keeping);
    return keeping;
  }

  async release(cid: string): Promise<boolean> {
    this.bytes.delete(pathOf(cid));
    return this.#kept.delete(cid);
  }

  has(cid: string): boolean {
    return this.#kept.get(cid)?.isWhole === true;
  }

  async verify(cid: string): Promise<Verdict> {
    if (!this.has(cid)) return 'absent';
    if (this.#isContent(cid)) return 'good';
    await this.release(cid);
    return 'bad';
  }

  list(afterCid: string, limit: number): KeptContent[] {
    const later = [...this.#kept.values()].filter(({ cid }) => cid > afterCid);
    return later.sort((left, right) => (left.cid < right.cid ? -1 : 1)).slice(0, limit);
  }

  totals(): ReplicaTotals {
    const sizes = [...this.#kept.values()].map(({ size }) => size);
    return { contents: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  freeBytes(): number {
    return Math.max(0, this.#capacityBytes - this.totals().bytes);
  }

  async #keep(wanted: WantedContent, bring: Bring): Promise<Keeping> {
    const { cid, size, name } = wanted;
    if (this.has(cid)) return 'kept';
    if (this.own.has(cid)) return 'own';
    if (!this.#kept.has(cid) && this.freeBytes() < size)
      throw new Problem('no_space', { what: `${size} bytes`, where: 'memory' });
    this.#kept.set(cid, { ...wanted, isWhole: false });
    await bring(pathOf(cid));
    if (!this.#isContent(cid)) {
      this.bytes.delete(pathOf(cid));
      throw new Problem('verification_failed', { address: 'memory', what: name });
    }
    if (this.#kept.has(cid)) this.#kept.set(cid, { ...wanted, isWhole: true });
    return 'kept';
  }

  #isContent(cid: string): boolean {
    const bytes = this.bytes.get(pathOf(cid));
    return bytes !== undefined && rawCid(hash('sha256', bytes, 'buffer')) === cid;
  }
}

function pathOf(cid: string): string {
  return `/replicas/${cid}`;
}
