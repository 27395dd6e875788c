/**
 * Imported before all else in each thread of a child process: counts the thread's steps on the disk, and ends the process
 * with SIGKILL just before the one that `DEADLY_STEP` names (`main:12`, `thread:3`). With `main:0` it says each step.
 */
import fs, { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const here = isMainThread ? 'main' : 'thread';
const [deadlyThread, deadlyStep] = (process.env.DEADLY_STEP ?? 'main:0').split(':');
let steps = 0;

function step(): void {
  steps += 1;
  if (deadlyStep === '0') writeSync(1, `${JSON.stringify({ act: 'step', name: here })}\n`);
  else if (here === deadlyThread && steps === Number(deadlyStep)) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['open', 'rename', 'link', 'rm'] as const) {
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
};
syncBuiltinESMExports();
