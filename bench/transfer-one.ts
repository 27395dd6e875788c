/**
 * A file of 1 GiB from one node, verified, written and renamed, beside `curl -o` from nginx, which verifies nothing; with
 * `sync` beside `curl` and `sync -f`. In turns, medians, on loopback, from the start of the receiving process to its exit.
 * What must hold: at most 1.3 times the time of curl. `node bench/transfer-one.ts [MiB] [runs]`; needs nginx and curl.
 */
import { median, type Receipt, TransferStage } from './transfer/stage.ts';

const SIZE_MIB = 1024;
const RUNS = 5;

export interface OneSourceFigures {
  readonly sizeMib: number;
  readonly curl: readonly Receipt[];
  readonly get: readonly Receipt[];
  readonly curlSynced: readonly Receipt[];
  readonly getSynced: readonly Receipt[];
  /** Of the medians of the wall times. */
  readonly getToCurl: number;
  readonly getToCurlSynced: number;
  /** The transfer alone, without the start of the process. */
  readonly transferToCurl: number;
}

export async function measureOneSource(
  sizeMib: number = SIZE_MIB,
  runs: number = RUNS,
): Promise<OneSourceFigures> {
  const stage = await TransferStage.open(sizeMib);
  try {
    const nginx = await stage.nginx();
    const holder = await stage.holder();
    const rows = { curl: [], get: [], curlSynced: [], getSynced: [] } as Record<string, Receipt[]>;
    const { curl = [], get = [], curlSynced = [], getSynced = [] } = rows;
    for (let run = 0; run < runs; run += 1) {
      curl.push(await stage.curl(nginx, false));
      get.push(await stage.get([holder]));
      curlSynced.push(await stage.curl(nginx, true));
      getSynced.push(await stage.get([holder], { sync: true }));
    }
    const wall = (receipts: readonly Receipt[]) => median(receipts.map(({ ms }) => ms));
    return {
      sizeMib,
      curl,
      get,
      curlSynced,
      getSynced,
      getToCurl: wall(get) / wall(curl),
      getToCurlSynced: wall(getSynced) / wall(curlSynced),
      transferToCurl: median(get.map(({ transferMs }) => transferMs ?? Number.NaN)) / wall(curl),
    };
  } finally {
    await stage.close();
  }
}

function line(title: string, receipts: readonly Receipt[]): void {
  const each = receipts.map(({ ms }) => ms.toFixed(0)).join(' ');
  const wall = median(receipts.map(({ ms }) => ms)).toFixed(0);
  const receiver = median(receipts.map(({ receiverCpu }) => receiverCpu)).toFixed(2);
  const sender = median(receipts.map(({ senderCpu }) => senderCpu)).toFixed(2);
  console.log(`${title.padEnd(34)} ${wall} ms (${each})  CPU: receiver ${receiver} s, sender ${sender} s`);
}

if (import.meta.main) {
  const [size, runs] = process.argv.slice(2).map(Number);
  const figures = await measureOneSource(size, runs);
  line('curl -s -o FILE (nginx)', figures.curl);
  line('get (node)', figures.get);
  line('curl -s -o FILE && sync -f (nginx)', figures.curlSynced);
  line('get --sync (node)', figures.getSynced);
  console.log(
    `${figures.sizeMib} MiB, to curl: get ${figures.getToCurl.toFixed(2)}, synced ${figures.getToCurlSynced.toFixed(2)}; the transfer alone, without the start of a process: ${figures.transferToCurl.toFixed(2)}`,
  );
}
