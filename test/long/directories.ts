/** A folder of 100,000 files as a UnixFS directory: the CID that js-ipfs-unixfs gives, and every entry read back. */
import assert from 'node:assert/strict';
import { parseCid } from '../../src/content/cid.ts';
import { blocksOf, importerCid, treeOfFiles } from '../../src/content/directory.test-support.ts';
import { DirectoryReader } from '../../src/content/directory-reader.ts';
import { type Figures, runPart } from './part.ts';

const FILES = Number(process.env.ANILLO_FILES ?? 100_000);

await runPart(
  `A directory of ${FILES} files has the CID of an independent implementation and is read back whole`,
  async (): Promise<Figures> => {
    const files = Array.from({ length: FILES }, (_, index) => ({
      path: `photo ${index} of ${FILES}.jpg`,
      content: Buffer.from(String(index)),
    }));
    const startedMs = performance.now();
    const tree = treeOfFiles(files);
    const builtMs = performance.now() - startedMs;
    assert.equal(tree.cid, await importerCid(files));
    const served = blocksOf(tree);
    const names = new Set<string>();
    const readMs = performance.now();
    for await (const { name } of DirectoryReader.entries(parseCid(tree.cid), served.fetchBlock))
      names.add(name);
    assert.deepEqual([...names].sort(), files.map(({ path }) => path).sort());
    const found = blocksOf(tree);
    const last = files.at(-1);
    await DirectoryReader.find(parseCid(tree.cid), last?.path ?? '', found.fetchBlock);
    return {
      'ms to build the directory': Math.round(builtMs),
      'ms to read it': Math.round(performance.now() - readMs),
      blocks: tree.nodes.length,
      'blocks fetched for one entry': found.fetched,
    };
  },
);
