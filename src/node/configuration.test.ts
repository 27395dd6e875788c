import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Problem } from '../problems/problem.ts';
import { type NodeFlags, readCommandConfig, readNodeConfig, readPortmapperConfig } from './configuration.ts';
import { ConfigurationFile } from './configuration-schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'anillo-configuration-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const file = join(folder, 'anillo.yaml');
  writeFileSync(file, text);
  return file;
}

/** The lines of the complaint about these sources. */
function complaints(text: string, flags: NodeFlags = {}, env: Record<string, string> = {}): string[] {
  try {
    readNodeConfig({ file: write(text), env }, flags);
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'bad_configuration');
    assert.equal(error.exitCode, 2);
    return error
      .text('en')
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('flags prevail over the environment, and the environment over the file', () => {
  const file = write(
    'portmappers: [http://a:1]\nnode:\n  share: shared\n  port: 1\n  grpcPort: 1\n  host: 127.0.0.1\n',
  );
  const config = readNodeConfig({ file, env: { ANILLO_PORT: '2', ANILLO_GRPC_PORT: '2' } }, { port: '3' });
  assert.equal(config.port, 3);
  assert.equal(config.grpcPort, 2);
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual(config.portmappers, ['http://a:1']);
  assert.equal(
    config.share,
    join(folder, 'shared'),
    'a folder in the file is meant from where the file stands',
  );
});

test('the bounds of a node are settings, and only those that somebody set are given', () => {
  const file = write('node:\n  share: shared\n  versionsMax: 0\n  trashDays: 7\n');
  const env = { ANILLO_TRANSFERS_MAX: '8', ANILLO_TRASH_DAYS: '3' };
  assert.deepEqual(readNodeConfig({ file, env }, {}).bounds, {
    transfersMax: 8,
    versionsMax: 0,
    trashDays: 3,
  });
  assert.equal(complaints('node:\n  share: shared\n  transfersMax: 0\n  versionsDays: x\n').length, 2);
});

test('without a word a node runs what is built, on loopback, with no portmapper', () => {
  const config = readNodeConfig({ env: {} }, { share: '/srv/shared' });
  assert.deepEqual(config.services, ['dht', 'index', 'upload', 'download']);
  assert.deepEqual([config.host, config.port, config.grpcPort], ['127.0.0.1', 5000, 50_051]);
  assert.deepEqual([config.portmappers, config.join, config.insecure], [[], [], false]);
  assert.match(config.data, /\/anillo\/[0-9a-f]{16}$/);
});

test('all complaints come together, each with its line', () => {
  const text = [
    'node:',
    '  share: here',
    '  port: many',
    '  colour: red',
    '  join:',
    '    - nowhere',
    'nodes: 3',
  ].join('\n');
  const lines = complaints(text, { grpcPort: '70000' }, { ANILLO_INSECURE: 'perhaps' });
  const expected = [
    /^anillo\.yaml:3: node\.port must be a whole number from 0 to 65535$/,
    /^anillo\.yaml:4: node\.colour is not a setting$/,
    /^anillo\.yaml:6: node\.join\.0 must look like 127\.0\.0\.1:50051$/,
    /^anillo\.yaml:7: nodes is not a setting$/,
    /^ANILLO_INSECURE: insecure must be true or false$/,
    /^--grpc-port: grpcPort must be a whole number from 0 to 65535$/,
  ];
  for (const pattern of expected)
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern} in ${lines.join('\n')}`,
    );
  assert.equal(lines.length, expected.length, lines.join('\n'));
});

test('text that is not YAML is complained of with its line', () => {
  const lines = complaints('node:\n  share: [a\n', {});
  assert.match(lines[0] ?? '', /^anillo\.yaml:\d+: /);
  assert.match(complaints('just text')[0] ?? '', /does not give values to names/);
  assert.match(complaints('node:\n  share: a\n  share: b\n')[0] ?? '', /^anillo\.yaml:3: .*twice/);
});

test('a file that was named and is not there is complained of', () => {
  assert.throws(() => readNodeConfig({ file: join(folder, 'none.yaml'), env: {} }, { share: folder }), {
    code: 'bad_configuration',
  });
});

test('a node without a shared folder is refused', () => {
  assert.deepEqual(complaints(''), ['share is missing: say which folder to share, with --share DIR']);
});

test('the data directory may not lie inside the shared folder, not even through a link', () => {
  const share = join(folder, 'files');
  mkdirSync(share, { recursive: true });
  symlinkSync(share, join(folder, 'link'));
  assert.match(complaints('', { share, data: join(share, 'data') })[0] ?? '', /may not lie inside/);
  assert.match(complaints('', { share, data: join(folder, 'link', 'data') })[0] ?? '', /may not lie inside/);
  assert.match(complaints('', { share, data: share })[0] ?? '', /may not lie inside/);
  assert.deepEqual(complaints('', { share, data: join(folder, 'files-data') }), []);
});

test('an unknown service is complained of, a service that is not built is not_built', () => {
  assert.match(
    complaints('', { share: folder, services: 'dht,juggling' })[0] ?? '',
    /^--services: services\.1 .*messaging/,
  );
  for (const flags of [{ services: 'messaging' }, { broker: 'amqp://x' }]) {
    assert.throws(() => readNodeConfig({ env: {} }, { share: folder, ...flags }), {
      code: 'not_built',
      exitCode: 2,
    });
  }
});

test('services apart name the DHT service elsewhere, and never run one beside it', () => {
  const apart = readNodeConfig({ env: {} }, { share: folder, data: '/d', dht: '127.0.0.1:50051' });
  assert.deepEqual(apart.services, ['index', 'upload', 'download']);
  assert.match(complaints('', { share: folder, dht: '127.0.0.1:1', services: 'dht' })[0] ?? '', /choose one/);
});

test('repeated flags, pairs and switches are read', () => {
  const config = readNodeConfig({ env: {} }, {
    share: folder,
    data: '/d',
    portmapper: undefined,
    portmappers: ['http://a:1/', 'http://b:2', 'http://a:1'],
    join: ['h:1', '[::1]:2'],
    labels: ['rack=7', 'note=a=b'],
    timings: ['reassertion=false', 'stillnessMs=50'],
    insecure: true,
  } as NodeFlags);
  assert.deepEqual(config.portmappers, ['http://a:1', 'http://b:2']);
  assert.deepEqual(config.join, ['h:1', '[::1]:2']);
  assert.deepEqual(config.labels, { rack: '7', note: 'a=b' });
  assert.deepEqual(config.timings, { reassertion: false, stillnessMs: 50 });
  assert.equal(config.insecure, true);
});

test('what several settings say together is complained of with its line', () => {
  const [inside] = complaints('node:\n  share: /srv/shared\n  data: /srv/shared/data\n');
  assert.match(inside ?? '', /^anillo\.yaml:3: data may not lie inside the shared folder/);
  const [two] = complaints('node:\n  share: /srv/shared\n  data: /d\n', { dht: 'h:1', services: 'dht' });
  assert.match(two ?? '', /^--services: .*choose one/);
});

test('portmappers are read the same way from every source', () => {
  const expected = ['http://127.0.0.1:8000', 'http://pm.example'];
  const said = '127.0.0.1:8000, http://pm.example/  http://127.0.0.1:8000';
  const env = { ANILLO_PORTMAPPER: said };
  assert.deepEqual(readCommandConfig({ env }, {}), expected);
  assert.deepEqual(readNodeConfig({ env }, { share: folder, data: '/d' }).portmappers, expected);
  assert.deepEqual(readCommandConfig({ env: {} }, { portmappers: said.split(/[, ]+/) }), expected);
  const file = write('portmappers: ["127.0.0.1:8000", "http://pm.example"]\n');
  assert.deepEqual(readCommandConfig({ file, env: {} }, {}), expected);
  for (const bad of ['https://a:1', 'ftp://a', 'localhost', 'a:1/path', 'http://a:70000', 'http://u@a:1'])
    assert.throws(() => readCommandConfig({ env: { ANILLO_PORTMAPPER: bad } }, {}), {
      code: 'bad_configuration',
    });
});

test('a switch reads 1 and 0 as well as words', () => {
  for (const [said, expected] of Object.entries({ 1: true, yes: true, TRUE: true, 0: false, no: false })) {
    const env = { ANILLO_INSECURE: said };
    assert.equal(readNodeConfig({ env }, { share: folder, data: '/d' }).insecure, expected, said);
  }
});

test('a command complains of all that is wrong, whatever it needs itself', () => {
  const file = write('portmappers: [nowhere]\nnode:\n  port: many\n');
  const env = { ANILLO_TIMING: 'stillnessMs=never', ANILLO_PORTMAPPER_PORT: 'x' };
  assert.throws(
    () => readCommandConfig({ file, env }, { portmappers: ['ftp://x'] }),
    (error) => {
      assert.ok(error instanceof Problem);
      const places = (error.details.complaints as readonly { where: string }[]).map(({ where }) => where);
      const expected = ['anillo.yaml:1', 'anillo.yaml:3', 'ANILLO_TIMING', 'ANILLO_PORTMAPPER_PORT'];
      assert.deepEqual(places, [...expected, '--portmapper']);
      return true;
    },
  );
});

test('complaints are said in Spanish as well', () => {
  try {
    readNodeConfig({ file: write('node:\n  port: many\n'), env: {} }, {});
    assert.fail('it is refused');
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.match(error.text('es'), /anillo\.yaml:2: node\.port tiene que ser un número entero de 0 a 65535/);
    assert.match(error.text('es'), /falta share/);
  }
});

test('the portmapper reads its own section', () => {
  const file = write('portmapper:\n  port: 8123\n  data: registry\nnode:\n  port: 1\n');
  const config = readPortmapperConfig({ file, env: { ANILLO_PORT: '9' } }, {});
  assert.deepEqual(config, {
    host: '127.0.0.1',
    port: 8123,
    data: join(folder, 'registry'),
    insecure: false,
  });
});

test('docs/anillo.schema.json is the schema that the program checks with', () => {
  const file = new URL('../../docs/anillo.schema.json', import.meta.url);
  const fresh = JSON.stringify(ConfigurationFile, null, 2);
  if (process.env.ANILLO_WRITE === '1') writeFileSync(file, fresh);
  const again =
    'write it again: ANILLO_WRITE=1 node --test src/node/configuration.test.ts, then biome check --write docs';
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(fresh), again);
});
