import assert from 'node:assert/strict';
import { measureHashing } from '../../bench/hash.ts';
import { percentile } from '../process-figures.ts';
import { runPart } from './part.ts';

await runPart('hashing a 1 GiB file takes at most 1.6 times what plain SHA-256 of it takes', async () => {
  const { plain, file, listed, fileToPlain, streamToPlain, listedToPlain } = await measureHashing(1024);
  const figures = {
    plainMs: percentile(plain, 0.5),
    fileMs: percentile(file, 0.5),
    listedMs: percentile(listed, 0.5),
    fileToPlain,
    streamToPlain,
    listedToPlain,
  };
  console.log(figures);
  assert.ok(fileToPlain <= 1.6, 'at most 1.6 times plain SHA-256');
  return figures;
});
