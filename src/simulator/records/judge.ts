/** Reads all the time, and judges every answer by the ledger: what was acknowledged before a read began, and lives, is in it. */
import { nameKey } from '../../records/keys.ts';
import { slotOf } from '../../records/slot.ts';
import type { FoundRecords } from '../../services/dht/records/found-records.ts';
import { sha256 } from '../../services/dht/records/record-checks.ts';
import { kindNumber } from '../../services/dht/records/record-codec.ts';
import { sample } from '../random.ts';
import type { Line, Overlooked } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { RecordWorld } from './record-world.ts';

const PUBLICATION = kindNumber('publication');
const TOMBSTONE = kindNumber('tombstone');

/** What an answer must show. */
export interface Due {
  /** Acknowledged no earlier than this, virtual time. */
  readonly sinceMs?: number;
  /** Must it be seen by this reader? */
  readonly isFor?: (line: Line, reader: Machine) => boolean;
}

export class Judge {
  /** Answers that were whole, that said themselves that they may not be, and reads that found nobody to answer in time. */
  readonly reads = { whole: 0, truncated: 0, failed: 0 };
  /** In words: answers that took themselves for whole and were not. */
  readonly wrong: string[] = [];
  readonly #world: RecordWorld;
  #due: Due = {};
  #isReading = false;

  constructor(world: RecordWorld) {
    this.#world = world;
  }

  /** Reads that ended. */
  get total(): number {
    const { whole, truncated, failed } = this.reads;
    return whole + truncated + failed;
  }

  /** From now on somebody reads something every so often, until `rest`. */
  readEvery(everyMs: number, due: Due = {}): void {
    this.#due = due;
    if (this.#isReading) return;
    this.#isReading = true;
    const next = () => {
      if (!this.#isReading) return;
      this.#readAny();
      this.#world.world.at(this.#world.now + everyMs * (0.5 + this.#world.world.random()), next);
    };
    next();
  }

  rest(): void {
    this.#isReading = false;
  }

  /** Nodes that the reader can reach and that have this version, or a newer one in its place. */
  holders({ line, step }: Pick<Overlooked, 'line' | 'step'>, reader: Machine): Machine[] {
    const { publisher, path } = line;
    const record = { kind: 'tombstone', body: { cid: step.cid, path, withdrawn: null } } as const;
    const slot = slotOf(sha256, publisher, publisher, record);
    const key = nameKey(sha256, path);
    const { network } = this.#world.world;
    return this.#world.members().filter(({ disk, address }) => {
      const kind = disk.kindAt(key, slot);
      const stands = kind === TOMBSTONE || (kind === PUBLICATION && step.act === 'publish');
      return stands && network.isOpen(reader.address, address) && network.isOpen(address, reader.address);
    });
  }

  /** Everything that was acknowledged is read, by anybody, at the latest after this time. Returns what is not, in words. */
  async missing(withinMs: number, isAsked: (line: Line) => boolean = () => true): Promise<string[]> {
    const world = this.#world;
    const start = world.now;
    const open = new Map(world.ledger.lines.filter(isAsked).map((line) => [line, 'was never answered']));
    const asking = new Set<Line>();
    while (open.size > 0 && world.now - start <= withinMs) {
      for (const line of open.keys()) {
        if (asking.has(line)) continue;
        asking.add(line);
        void this.#stateOf(line, start).then((state) => {
          asking.delete(line);
          if (state === null) open.delete(line);
          else open.set(line, state);
        });
      }
      await world.run(1_000);
    }
    return [...open].map(([line, state]) => `${nameOf(line)} ${state}`);
  }

  /** Files of nodes that run, published and not withdrawn, of which a reader by content finds no provider. */
  async withoutProvider(): Promise<string[]> {
    const world = this.#world;
    const missing: string[] = [];
    const asked = world.members().flatMap(({ id, catalog }) =>
      catalog.files('', Number.MAX_SAFE_INTEGER).map(async ({ path, cid }) => {
        const { providers } = await world.findContent(world.any(), cid);
        if (!providers.some(({ node }) => node === id)) missing.push(`${path} of ${id.slice(0, 6)}`);
      }),
    );
    const all = Promise.allSettled(asked);
    await world.runUntilDone(all);
    return missing;
  }

  /** Null when the path shows all that was acknowledged by then. */
  async #stateOf(line: Line, byMs: number): Promise<string | null> {
    try {
      const reader = this.#world.any();
      const found = await this.#world.find(reader, line.path);
      const [overlooked] = this.#world.ledger
        .overlooked(line.path, found, byMs)
        .filter((one) => one.line === line);
      if (found.truncated) return 'may not be whole';
      return overlooked === undefined ? null : this.#tell(overlooked, reader);
    } catch (error) {
      return String(error);
    }
  }

  #readAny(): void {
    const world = this.#world;
    const [line] = sample(world.world.random, world.ledger.lines, 1);
    const [reader] = sample(world.world.random, world.members(), 1);
    if (line === undefined || reader === undefined) return;
    const startedAt = world.now;
    world.find(reader, line.path).then(
      (found) => this.#judge(found, line.path, reader, startedAt),
      () => {
        this.reads.failed++;
      },
    );
  }

  #judge(found: FoundRecords, path: string, reader: Machine, startedAt: number): void {
    if (found.truncated) {
      this.reads.truncated++;
      return;
    }
    this.reads.whole++;
    const { sinceMs = 0, isFor = () => true } = this.#due;
    for (const overlooked of this.#world.ledger.overlooked(path, found, startedAt, sinceMs)) {
      if (!isFor(overlooked.line, reader) || this.holders(overlooked, reader).length === 0) continue;
      this.wrong.push(`from ${startedAt} ms on: ${this.#tell(overlooked, reader)}`);
    }
  }

  #tell(overlooked: Overlooked, reader: Machine): string {
    const { line, step, shown } = overlooked;
    const holders = this.holders(overlooked, reader).map(({ id }) => id.slice(0, 6));
    const what = `${nameOf(line)} (key ${nameKey(sha256, line.path).slice(0, 6)})`;
    return `${what} shows ${shown} to ${reader.id.slice(0, 6)} at ${this.#world.now} ms, not ${step.act} ${step.cid}, acknowledged at ${step.ackedAt} ms and held by ${holders.join()}`;
  }
}

function nameOf({ path, publisher }: Line): string {
  return `${path} of ${publisher.slice(0, 6)}`;
}
