/**
 * A child process that uses a library and ends with SIGKILL just before one of its steps on the disk: opening, renaming,
 * linking, removing, syncing a file, or a transaction. `argv`: shared folder, data folder, the number of the step (0: none).
 * Says each act on stdout when it is acknowledged, as JSON, and at its end how many steps there were.
 */
import fs, { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { chunksOf } from './library.test-support.ts';

const [shareDir = '', dataDir = '', deadlyStep = '0'] = process.argv.slice(2);
let steps = 0;
let counting = false;

function step(): void {
  if (!counting) return;
  steps += 1;
  if (steps === Number(deadlyStep)) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['open', 'rename', 'link', 'rm', 'mkdir'] as const) {
  const real = fs.promises[name] as (...parameters: unknown[]) => unknown;
  Object.assign(fs.promises, {
    [name]: (...parameters: unknown[]) => {
      step();
      return real(...parameters);
    },
  });
}
const exec = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function (sql: string) {
  if (sql === 'COMMIT') step();
  exec.call(this, sql);
  if (sql === 'COMMIT') step();
};
syncBuiltinESMExports();

const { Library } = await import('./library.ts');
const { default: pino } = await import('pino');
const library = await Library.open({ shareDir, dataDir, log: pino({ level: 'silent' }), reserveBytes: 0 });
const acknowledge = (act: object) => writeSync(1, `${JSON.stringify(act)}\n`);
counting = true;
const large = 'large '.repeat(400_000);
for (const [name, text] of [
  ['a', 'one'],
  ['a', large],
  ['d/e/b', 'two'],
  ['d/e/b', 'two'],
  ['a', 'three'],
] as const) {
  await library.receive({ name, source: chunksOf(text) });
  acknowledge({ act: 'put', name, size: text.length });
}
await library.withdraw('d/e/b');
acknowledge({ act: 'withdraw', name: 'd/e/b' });
await library.restore(library.trash(1)[0]?.id ?? '');
acknowledge({ act: 'put', name: 'd/e/b', size: 3 });
counting = false;
acknowledge({ act: 'end', steps });
await library.close();
