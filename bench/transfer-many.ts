/**
 * A file of 1 GiB from four nodes at once, in turns, medians, on loopback; times of the transfer alone. What must hold:
 * four that are not held at most 1.1 times the time of one; four held to 100 MB/s each give at least 90 % of the sum; with
 * one of them held to a tenth, at least 90 % of the other three; with one killed or stopped half-way, less than 3 s lost.
 * `node bench/transfer-many.ts [MiB] [runs]`
 */
import { type Holder, median, TransferStage } from './transfer/stage.ts';

const SIZE_MIB = 1024;
const RUNS = 5;
const HELD = 100_000_000;

/** Times in ms, one for each run. */
interface Rows {
  readonly one: number[];
  readonly four: number[];
  readonly held: number[];
  readonly oneSlow: number[];
  readonly oneKilled: number[];
  readonly oneStopped: number[];
}

/** Of the medians. */
interface Summary {
  readonly fourToOne: number;
  /** Of what all together could give. */
  readonly heldShare: number;
  /** Of what three together could give. */
  readonly oneSlowShare: number;
  readonly killedLostMs: number;
  readonly stoppedLostMs: number;
}

export type ManySourceFigures = Rows & Summary & { readonly sizeMib: number };

export async function measureManySources(
  sizeMib: number = SIZE_MIB,
  runs: number = RUNS,
): Promise<ManySourceFigures> {
  const stage = await TransferStage.open(sizeMib);
  try {
    const open = (rates: readonly number[]) => Promise.all(rates.map((rate) => stage.holder(rate)));
    const free = await open([0, 0, 0, 0]);
    const held = await open([HELD, HELD, HELD, HELD]);
    const slow = await stage.holder(HELD / 10);
    const rows: Rows = { one: [], four: [], held: [], oneSlow: [], oneKilled: [], oneStopped: [] };
    const time = async (into: number[], from: readonly Holder[], onHalf?: () => void) => {
      const { transferMs } = await stage.get(from, onHalf === undefined ? {} : { onHalf });
      into.push(transferMs ?? Number.NaN);
    };
    for (let run = 0; run < runs; run += 1) {
      await time(rows.one, free.slice(0, 1));
      await time(rows.four, free);
      await time(rows.held, held);
      await time(rows.oneSlow, [slow, ...held.slice(1)]);
      const killed = await stage.holder(HELD);
      await time(rows.oneKilled, [killed, ...held.slice(1)], () => killed.child.kill('SIGKILL'));
      const stopped = await stage.holder(HELD);
      await time(rows.oneStopped, [stopped, ...held.slice(1)], () => stopped.child.kill('SIGSTOP'));
      stopped.child.kill('SIGKILL');
    }
    return { sizeMib, ...rows, ...summary(rows, stage.bytes) };
  } finally {
    await stage.close();
  }
}

function summary({ one, four, held, oneSlow, oneKilled, oneStopped }: Rows, bytes: number): Summary {
  const idealMs = (sources: number) => (bytes / (sources * HELD)) * 1000;
  const lost = (times: readonly number[]) => median(times) - median(held) / 2 - (median(held) / 2) * (4 / 3);
  return {
    fourToOne: median(four) / median(one),
    heldShare: idealMs(4) / median(held),
    oneSlowShare: idealMs(3) / median(oneSlow),
    killedLostMs: lost(oneKilled),
    stoppedLostMs: lost(oneStopped),
  };
}

if (import.meta.main) {
  const [size, runs] = process.argv.slice(2).map(Number);
  const figures = await measureManySources(size, runs);
  const { fourToOne, heldShare, oneSlowShare, killedLostMs, stoppedLostMs, sizeMib, ...rows } = figures;
  for (const [name, values] of Object.entries(rows)) {
    const each = values.map((ms) => ms.toFixed(0)).join(' ');
    console.log(`${name.padEnd(11)} median ${median(values).toFixed(0)} ms  of ${each}`);
  }
  console.log(
    `${sizeMib} MiB: four to one ${fourToOne.toFixed(2)}; held give ${(100 * heldShare).toFixed(0)} % of the sum, with one slow ${(100 * oneSlowShare).toFixed(0)} % of three; lost by a kill ${killedLostMs.toFixed(0)} ms, by a stop ${stoppedLostMs.toFixed(0)} ms`,
  );
}
