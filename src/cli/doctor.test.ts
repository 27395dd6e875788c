/** What `doctor` says, as a process. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { anillo, closeNetwork } from './anillo.test-support.ts';

after(closeNetwork);

test('doctor tells how far every clock is off', async () => {
  const { findings } = JSON.parse((await anillo(['doctor', '--json'])).stdout);
  const clocks = findings.filter(({ check }: { check: string }) => check === 'clock');
  assert.ok(clocks.length >= 2, 'the portmapper and the node');
  for (const { offsetMs } of clocks) assert.equal(typeof offsetMs, 'number');
});

test('doctor says which files a node does not share and why, and what it does not watch', async () => {
  const { stdout } = await anillo(['doctor']);
  assert.match(stdout, /2 files are not shared: evil\\x1b\[31m\\x0a\\u202ename \(the name holds a control/);
  assert.match(stdout, /d\/bad\\xff \(the name is not UTF-8\)/);
  assert.match(stdout, /7 folders are not watched/);
});
