/** The commands as processes against servers that speak the schemas: exit codes, JSON alone on stdout, safe output. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  AnsweringServer,
  idOf,
  nodeStatus,
  registeredNode,
  searchAnswer,
  searchResult,
} from '../client/answering-server.test-support.ts';
import { Problem } from '../problems/problem.ts';
import { UNBUILT_COMMANDS } from './unbuilt.ts';

const ENTRY = fileURLToPath(new URL('./entry.ts', import.meta.url));
const EVIL = 'evil\u001b[31m\n\u202ename';
const HELLO_CID = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq';
const folder = mkdtempSync(join(tmpdir(), 'anillo-cli-'));

const provider = () => ({
  id: idOf('11'),
  address: network.address,
  download: network.address,
  state: 'active',
});
const library = {
  ...nodeStatus(idOf('11'), '').library,
  skipped: 2,
  skippedPlaces: [
    { place: EVIL, reason: 'control_character' as const },
    { place: 'd/bad\\xff', reason: 'not_utf8' as const },
  ],
  unwatched: 7,
};
const network = await AnsweringServer.start({
  'GET /healthz': { status: 'ok' },
  'GET /api/v1/nodes': () => ({ nodes: [registeredNode(idOf('11'), network.address)] }),
  'GET /api/v1/status': () => nodeStatus(idOf('11'), network.address, { library }),
  'GET /api/v1/network': () => ({
    networkId: idOf('99'),
    protocolVersion: '1.0',
    version: '0.1.0',
    insecure: false,
    startedAt: 0,
    time: Date.now(),
  }),
  'GET /api/v1/ring': () => ({
    members: [{ id: idOf('11'), address: network.address, state: 'active', successors: [] }],
  }),
  'GET /api/v1/search': (_: unknown, query: URLSearchParams) => {
    const q = query.get('q') ?? '';
    if (q === 'unread' || q === HELLO_CID) return { ...searchAnswer([]), truncated: true };
    if (q === 'evil') return searchAnswer([searchResult(EVIL)]);
    if (q === 'README') return searchAnswer([searchResult('a/README'), searchResult('b/README')]);
    if (q === 'hello.txt') {
      return searchAnswer([searchResult('hello.txt', { cid: HELLO_CID, providers: [provider()] } as never)]);
    }
    return searchAnswer([]);
  },
  'GET /api/v1/files': { files: [], nextCursor: null },
  'GET /api/v1/trash': { entries: [], nextCursor: null },
  'GET /api/v1/placement': () => ({
    nodes: [{ id: idOf('11'), address: network.address, upload: network.address, freeBytes: 1 }],
  }),
  'PUT /api/v1/files': async (request: AsyncIterable<Uint8Array>, query: URLSearchParams) => {
    let size = 0;
    for await (const piece of request) size += piece.length;
    if (query.get('name')?.startsWith('tree/bad'))
      throw new Problem('bad_name', { name: 'bad', reason: 'so' });
    if (query.get('name') === 'tree/full') throw new Problem('no_space', { what: 'full', where: 'here' });
    const node = { id: idOf('11'), address: network.address };
    return { state: 'stored', name: query.get('name'), cid: 'bafk', size, node, published: true };
  },
});
after(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function anillo(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ANILLO_PORTMAPPER: network.base, LANG: 'C', ...environment },
      timeout: 60_000,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (piece) => {
      stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      stderr += piece;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end('from a pipe');
  });
}

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

test('files, and stdin, are put with their names; a leading dash is no flag after --', async () => {
  writeFileSync(join(folder, '-x'), 'dash');
  const dash = await anillo(['put', '--json', '--', '-x']);
  assert.equal(JSON.parse(dash.stdout).name, '-x', dash.stderr);
  const piped = await anillo(['put', '-', '--name', 'in.txt', '--json']);
  assert.equal(JSON.parse(piped.stdout).size, 'from a pipe'.length, piped.stderr);
  const several = await anillo(['put', './-x', ENTRY, '--json']);
  assert.deepEqual(
    several.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name)
      .sort(),
    ['-x', 'entry.ts'],
  );
});

test('of many files those that fail are one line each with the code; those before a final failure are told as well', async () => {
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  for (const name of ['bad1', 'bad2', 'good']) writeFileSync(join(tree, name), name);
  writeFileSync(join(tree, '.hidden'), '');
  const mixed = await anillo(['put', 'tree', '--json']);
  assert.equal(mixed.code, 1, mixed.stderr);
  const lines = mixed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = lines.map((line) => [line.state, line.name, line.problem?.code]);
  assert.deepEqual(told, [
    ['stored', 'tree/good', undefined],
    ['failed', 'tree/bad1', 'bad_name'],
    ['failed', 'tree/bad2', 'bad_name'],
    [undefined, undefined, 'some_failed'],
  ]);
  assert.equal(lines[1].problem.details.reason, 'so');
  assert.match(mixed.stderr, /1 entries were passed over/);
  assert.ok(
    network.asked.some((line) => /placement\?.*replicas=3/.test(line)),
    'more than one place to go',
  );

  writeFileSync(join(tree, 'full'), '');
  const final = await anillo(['put', 'tree', '--json']);
  assert.equal(final.code, 1);
  const codes = final.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).problem?.code);
  assert.deepEqual(codes.slice(-3), ['bad_name', 'bad_name', 'no_space']);
  assert.match(final.stderr, /bad1: "bad" is not a valid name: so\n/);
});

test('a list names the nodes that did not answer, and fails when none did', async (t) => {
  const away = { id: idOf('22'), address: '127.0.0.1:1' };
  const silent = { id: idOf('33'), address: '127.0.0.1:2' };
  const here = { id: idOf('11'), address: network.address };
  let isHere = true;
  const nodes = () => [
    registeredNode(away.id, away.address, { state: 'inactive' }),
    registeredNode(silent.id, silent.address),
    ...(isHere ? [registeredNode(here.id, here.address)] : []),
  ];
  const portmapper = await AnsweringServer.start({ 'GET /api/v1/nodes': () => ({ nodes: nodes() }) });
  t.after(() => portmapper.stop());
  const asked = ['--portmapper', portmapper.base, '--json'];
  for (const [command, key] of [
    ['ls', 'files'],
    ['trash', 'entries'],
  ] as const) {
    isHere = true;
    const partly = await anillo([command, ...asked]);
    assert.equal(partly.code, 0, partly.stderr);
    assert.deepEqual(JSON.parse(partly.stdout), { [key]: [], unreached: [away, silent] });
    isHere = false;
    const none = await anillo([command, ...asked]);
    assert.equal(none.code, 4, none.stderr);
    assert.deepEqual(JSON.parse(none.stdout), { [key]: [], unreached: [away, silent] });
    assert.match(none.stderr, /127\.0\.0\.1:2: .*cannot be reached/);
  }
  const lost = await anillo(['trash', '--restore', 'x', ...asked]);
  assert.deepEqual([lost.code, JSON.parse(lost.stdout).problem.code], [4, 'answer_incomplete']);
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
