/**
 * What was acknowledged: of each path and publisher its changes in order, and which of them the ring took. By it every
 * answer can be judged: older than acknowledged, or not there at all, is wrong.
 */
import type { FoundRecords } from '../../services/dht/records/found-records.ts';
import type { PendingChange } from '../../services/dht/records/pending-source.ts';

interface Step {
  readonly act: PendingChange['act'];
  readonly cid: string;
  /** Virtual time; null while it is under way. */
  ackedAt: number | null;
}

/** One path of one publisher. */
export interface Line {
  readonly publisher: string;
  readonly path: string;
  readonly steps: Step[];
}

/** A change that an answer should have shown, or a newer one. */
export interface Overlooked {
  readonly line: Line;
  readonly step: Step;
  /** What it showed instead. */
  readonly shown: string;
}

export class Ledger {
  readonly #lines = new Map<string, Line>();
  acknowledged = 0;

  get lines(): Line[] {
    return [...this.#lines.values()];
  }

  queued(publisher: string, path: string, act: PendingChange['act'], cid: string): void {
    const name = `${publisher} ${path}`;
    const line = this.#lines.get(name) ?? { publisher, path, steps: [] };
    this.#lines.set(name, line);
    line.steps.push({ act, cid, ackedAt: null });
  }

  settled(publisher: string, { act, file }: PendingChange, atMs: number): void {
    const line = this.#lines.get(`${publisher} ${file.path}`);
    const step = line?.steps.find((one) => one.act === act && one.cid === file.cid);
    if (step === undefined || step.ackedAt !== null) return;
    step.ackedAt = atMs;
    this.acknowledged++;
  }

  /** What was acknowledged of `path` by `byMs`, from `sinceMs` on, and is not in an answer that takes itself for whole. */
  overlooked(path: string, found: FoundRecords, byMs: number, sinceMs = 0): Overlooked[] {
    if (found.truncated) return [];
    return this.lines.flatMap((line) => {
      if (line.path !== path) return [];
      const due = line.steps.findLastIndex(
        ({ ackedAt }) => ackedAt !== null && ackedAt <= byMs && ackedAt >= sinceMs,
      );
      const step = line.steps[due];
      if (step === undefined) return [];
      const head = found.publications.find((one) => one.publisher === line.publisher && one.path === path);
      const act = head?.kind === 'tombstone' ? 'withdraw' : 'publish';
      const shown = line.steps.findIndex((one) => one.act === act && one.cid === head?.cid);
      return shown >= due
        ? []
        : [{ line, step, shown: head === undefined ? 'nothing' : `${act} ${head.cid}` }];
    });
  }
}
