import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';

const MAIN = new URL('./main.ts', import.meta.url).href;
/** The menu on what looks like a terminal with colours; it ends when it has been drawn. */
const CODE = `
  import { WriteStream } from 'node:tty';
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdin, stdout]) stream.isTTY = true;
  stdin.setRawMode = () => stdin;
  stdout.getColorDepth = WriteStream.prototype.getColorDepth;
  const { main } = await import(${JSON.stringify(MAIN)});
  await main(process.argv.slice(1), { stdin, stdout, stderr, environment: env });
`;

function drawMenu(...flags: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH ?? '', LANG: 'C', TERM: 'xterm-256color', FORCE_COLOR: '1' };
    const args = ['--input-type=module', '-e', CODE, '--', 'menu', ...flags];
    const child = spawn(process.execPath, args, { env, timeout: 60_000 });
    let drawn = '';
    child.stdout.on('data', (piece) => {
      drawn += piece;
      if (drawn.includes('Quit')) child.kill('SIGKILL');
    });
    child.once('error', reject);
    child.once('close', () => resolve(drawn));
  });
}

test('--no-color reaches the questions of the menu', async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour on a terminal
  const colour = /\u001b\[3[0-7]m/;
  assert.match(await drawMenu(), colour);
  const plain = await drawMenu('--no-color');
  assert.match(plain, /What would you like to do/);
  assert.doesNotMatch(plain, colour);
});
