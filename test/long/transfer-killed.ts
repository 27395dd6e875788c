import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TransferStage } from '../../bench/transfer/stage.ts';
import { chance } from '../chance.ts';
import { runPart } from './part.ts';

const KILLS = 20;
/** A process needs about so long before it fetches. */
const START_MS = 150;

const sizeMib = Number(process.argv[2] ?? 2048);

await runPart(
  'a download of 2 GiB killed 20 times completes, and fetches at most 5 % more than its size',
  async () => {
    const random = chance('killed transfers');
    const stage = await TransferStage.open(sizeMib);
    try {
      // So that there is something left to kill.
      const holder = await stage.holder(sizeMib * 20_000);
      const output = join(stage.folder, 'output');
      let kills = 0;
      for (; kills < KILLS; kills += 1) {
        const { ended } = await stage.getUntilKilled(holder, output, START_MS + random() * 4_000);
        if (ended) break;
        assert.ok(!existsSync(output), 'nothing stands under the name before it is whole');
      }
      if (!existsSync(output)) await stage.getUntilKilled(holder, output, 600_000);
      stage.compare(output);
      const fetchedToSize = (await holder.sentBytes()) / stage.bytes;
      console.log({ kills, fetchedToSize });
      assert.equal(kills, KILLS);
      assert.ok(fetchedToSize <= 1.05, `${fetchedToSize} of the size was fetched`);
      return { kills, fetchedToSize };
    } finally {
      await stage.close();
    }
  },
);
