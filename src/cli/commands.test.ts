/** The commands as processes: exit codes, JSON alone on stdout, safe output. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AnsweringServer } from '../client/answering-server.test-support.ts';
import { anillo, closeNetwork, folder, HELLO_CID } from './anillo.test-support.ts';
import { UNBUILT_COMMANDS } from './unbuilt.ts';

after(closeNetwork);

test('wrong usage exits 2 with one line that says what is wrong', async () => {
  const wrong: readonly (readonly string[])[] = [
    ['no-such-command'],
    ['find'],
    ['find', 'x', '--no-such-flag'],
    ['find', 'x', '--limit', 'many'],
    ['get', 'x', 'y'],
    ['lookup'],
    ['lookup', 'x', '--cid', 'y'],
    ['ls', '--lang', 'xx'],
    ['put', '-'],
    ['get', 'x', '--limit-rate', 'fast'],
    ['get', 'x', '-o', '-', '--json'],
    ['trash', '--empty', '--restore', 'x'],
    ['up', '--nodes', '0'],
    ['ls', 'abc'].concat('--node', 'nonsense/x:y'),
  ];
  for (const args of wrong) {
    const { code, stderr, stdout } = await anillo(args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /^anillo: \S.*\n$/, args.join(' '));
    if (!args.includes('--json')) assert.equal(stdout, '', args.join(' '));
  }
});

test('what is not built is absent from the help, and exits 2 when used', async () => {
  const { stdout } = await anillo(['--help']);
  for (const name of UNBUILT_COMMANDS) assert.doesNotMatch(stdout, new RegExp(`^  ${name}\\b`, 'm'));
  for (const args of [
    ['keep', 'x'],
    ['tasks', '--dead'],
    ['put', 'x', '--wait'],
    ['put', 'x', '--replicas', '2'],
    ['up', '--broker', 'amqp://x'],
    ['help', 'tasks'],
    ['tasks', '--help'],
  ]) {
    const { code, stderr } = await anillo(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /not available in this version/);
  }
  assert.doesNotMatch((await anillo(['put', '--help'])).stdout, /--wait|--encrypt|--replicas/);
});

test('a bad configuration ends every command with exit 2, all complaints together, and nothing started', async () => {
  writeFileSync(join(folder, 'bad.yaml'), 'node:\n  port: many\ncolour: red\n');
  const dir = join(folder, 'not-made');
  for (const command of [
    ['ls'],
    ['doctor'],
    ['up', '--dir', dir],
    ['node', '--share', dir],
    ['portmapper'],
  ]) {
    const { code, stderr, stdout } = await anillo([...command, '--config', 'bad.yaml']);
    assert.equal(code, 2, `${command.join(' ')}: ${stderr}`);
    assert.match(stderr, /^ {2}bad\.yaml:2: node\.port must be/m);
    assert.match(stderr, /^ {2}bad\.yaml:3: colour is not a setting/m);
    assert.equal(stdout, '');
  }
  assert.equal(existsSync(dir), false);
  const missing = await anillo(['ls', '--config', 'none.yaml', '--portmapper', 'ftp://x']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /none\.yaml: it is not there.*\n.*--portmapper: .* must look like http:/);
});

test('what answers but is not Anillo is called that', async () => {
  const foreign = createServer((_, response) => response.writeHead(404).end('<html>not here</html>'));
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;
  const { code, stderr } = await anillo(['nodes', '--portmapper', base]);
  foreign.close();
  assert.equal(code, 4, stderr);
  assert.match(stderr, /does not speak as Anillo does \(HTTP 404\)\. Check the address/);
});

test('exit codes say what kind of failure it was', async () => {
  const closed = await AnsweringServer.start({});
  await closed.stop();
  const cases: readonly (readonly [readonly string[], number])[] = [
    [['find', 'nothing'], 3],
    [['get', 'nothing'], 3],
    [['get', 'README'], 3],
    [['find', 'unread'], 4],
    [['get', 'unread'], 4],
    [['rm', 'unread'], 4],
    [['rm', HELLO_CID], 4],
    [['put', 'no-such-file'], 3],
    [['ls', 'abcdef12'], 3],
    [['ls', '--portmapper', closed.base], 4],
    [['doctor', '--portmapper', closed.base], 4],
    [['nodes', '--node', closed.base], 4],
    [['doctor'], 0],
    [['nodes'], 0],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await anillo(args);
    assert.equal(code, expected, `${args.join(' ')}: ${stdout}${stderr}`);
    if (expected !== 0) assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
  }
});

test('with --json stdout is one document and nothing else, also when it fails', async () => {
  const commands = [
    ['nodes'],
    ['ls'],
    ['ring'],
    ['find', 'evil'],
    ['find', 'nothing'],
    ['doctor'],
    ['get', 'README'],
    ['no-such-command'],
    ['ls', '--portmapper', 'http://127.0.0.1:1'],
  ];
  for (const args of commands) {
    const { stdout } = await anillo([...args, '--json']);
    assert.match(stdout, /^\{.*\}\n$/, args.join(' '));
    JSON.parse(stdout);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
    assert.doesNotMatch(stdout, /[\u001b\u202e]/, args.join(' '));
  }
});

test('a name that would steer the terminal is shown, not obeyed', async () => {
  const { stdout } = await anillo(['find', 'evil']);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
  assert.doesNotMatch(stdout, /[\u001b\u202e]/);
  assert.match(stdout, /evil\\x1b\[31m\\x0a\\u202ename/);
});

test('colours and bars stay away from a pipe', async () => {
  const { stdout, stderr } = await anillo(['doctor']);
  assert.ok(!stdout.includes('\u001b') && !stderr.includes('\u001b'));
});

test('what people read follows the locale, problems included', async () => {
  const { stderr } = await anillo(['get', 'nothing'], { LC_ALL: 'es_ES.UTF-8' });
  assert.match(stderr, /No se encontró/);
  const { stdout } = await anillo(['--help', '--lang', 'es']);
  assert.match(stdout, /^Uso: anillo \[opciones\] \[comando\]/);
  const closed = await anillo(['ls', '--lang=es', '--portmapper', 'http://127.0.0.1:1']);
  assert.match(closed.stderr, /No se alcanza el portmapper en .* Inícielo con `anillo up`/);
});

test('without a terminal the menu is the help', async () => {
  const bare = await anillo([]);
  assert.equal(bare.code, 0);
  assert.match(bare.stdout, /^Usage: anillo/);
  assert.equal((await anillo(['menu'])).stdout, bare.stdout);
  for (const args of [['--json'], ['menu', '--json']]) {
    const { code, stdout } = await anillo(args);
    assert.equal(code, 2);
    assert.equal(JSON.parse(stdout).problem.code, 'usage');
  }
});

test('the picture is written where it was asked for', async () => {
  const { code, stdout } = await anillo(['ring', '--svg', 'ring.svg']);
  assert.equal(code, 0, stdout);
  assert.match(readFileSync(join(folder, 'ring.svg'), 'utf8'), /^<svg xmlns/);
});
