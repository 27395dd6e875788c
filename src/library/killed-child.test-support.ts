/**
 * A child process that uses a library, and says each act on stdout when it is acknowledged. `argv`: shared folder, data
 * folder.
 */
import { writeSync } from 'node:fs';
import pino from 'pino';
import { chunksOf } from './library.test-support.ts';
import { Library } from './library.ts';

const [shareDir = '', dataDir = ''] = process.argv.slice(2);
const library = await Library.open({ shareDir, dataDir, log: pino({ level: 'silent' }), reserveBytes: 0 });
const acknowledge = (name: string) => writeSync(1, `${JSON.stringify({ act: 'done', name })}\n`);
for (const [name, text] of [
  ['a', 'one'],
  ['a', 'large '.repeat(400_000)],
  ['d/e/b', 'two'],
  ['d/e/b', 'two'],
  ['a', 'three'],
] as const) {
  await library.receive({ name, source: chunksOf(text) });
  acknowledge(name);
}
await library.withdraw('d/e/b');
acknowledge('d/e/b');
await library.restore(library.trash({ limit: 1 })[0]?.id ?? '');
acknowledge('d/e/b');
await library.close();
