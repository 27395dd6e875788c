/**
 * Everything that guards the project beside its tests: types, style, the rooms' import rules (with planted violations
 * that must be caught), dead exports, and that the generated code is what the contracts give.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
/** Fewer modules than this means that the checker saw nothing, and its silence proves nothing. */
const LEAST_MODULES = 60;

/** One violation of each kind; each must be reported. */
const PLANTED = [
  ['src/ring/planted.ts', "import { readFileSync } from 'node:fs';\nexport const planted = readFileSync;\n"],
  [
    'src/ring/planted.ts',
    "import type { Record } from '../records/record.ts';\nexport type Planted = Record;\n",
  ],
  ['src/records/planted.ts', "import fastify from 'fastify';\nexport const planted = fastify;\n"],
  [
    'src/content/planted.ts',
    "import { Catalog } from '../library/catalog.ts';\nexport const planted = Catalog;\n",
  ],
  [
    'src/library/planted.ts',
    "import type { DhtApi } from '../services/dht/dht-api.ts';\nexport type Planted = DhtApi;\n",
  ],
  [
    'src/services/upload/planted.ts',
    "import type { Contact } from '../../ring/message.ts';\nexport type Planted = Contact;\n",
  ],
  [
    'src/cli/planted.ts',
    "import { Catalog } from '../library/catalog.ts';\nexport const planted = Catalog;\n",
  ],
  [
    'src/portmapper/planted.ts',
    "import { Catalog } from '../library/catalog.ts';\nexport const planted = Catalog;\n",
  ],
];

let failures = 0;

function report(title, ok, detail = '') {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${title}`);
  if (ok) return;
  failures += 1;
  if (detail)
    console.log(
      detail
        .split('\n')
        .map((line) => `       ${line}`)
        .join('\n'),
    );
}

function run(title, command, args, cwd = ROOT) {
  const result = spawnSync(join(BIN, command), args, { cwd, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  report(title, result.status === 0, `${result.stdout}${result.stderr}`.slice(-8000));
}

function cruise(cwd, targets) {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...targets];
  const result = spawnSync(join(BIN, 'depcruise'), args, { cwd, encoding: 'utf8', maxBuffer: 256 * 2 ** 20 });
  if (!result.stdout.startsWith('{'))
    return { summary: { violations: [], totalCruised: 0 }, error: result.stderr };
  return JSON.parse(result.stdout);
}

function checkRooms() {
  const { summary, error } = cruise(ROOT, ['src', 'test', 'bench']);
  const lines = summary.violations.map((v) => `${v.rule.name}: ${v.from} → ${v.to}`);
  report(
    `rooms: ${summary.totalCruised} modules, no forbidden import`,
    lines.length === 0 && !error,
    error ?? lines.join('\n'),
  );
  report('rooms: the checker saw the modules', summary.totalCruised >= LEAST_MODULES);
}

/** In a copy, so that the working tree never holds a planted file. */
function checkPlanted() {
  const copy = mkdtempSync(join(tmpdir(), 'anillo-rooms-'));
  try {
    for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    spawnSync('ln', ['-s', join(ROOT, 'node_modules'), join(copy, 'node_modules')]);
    for (const [index, [file, code]] of PLANTED.entries()) {
      const planted = file.replace('planted', `planted-${index}`);
      mkdirSync(dirname(join(copy, planted)), { recursive: true });
      writeFileSync(join(copy, planted), code);
    }
    const { summary } = cruise(copy, ['src']);
    for (const [index, [file]] of PLANTED.entries()) {
      const planted = file.replace('planted', `planted-${index}`);
      report(
        `rooms: a violation planted in ${dirname(file)} is caught`,
        summary.violations.some((v) => v.from === planted),
      );
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function checkGenerated() {
  const fresh = mkdtempSync(join(tmpdir(), 'anillo-generated-'));
  try {
    for (const name of ['proto', 'buf.yaml', 'buf.gen.yaml'])
      cpSync(join(ROOT, name), join(fresh, name), { recursive: true });
    spawnSync('ln', ['-s', join(ROOT, 'node_modules'), join(fresh, 'node_modules')]);
    run('contracts: buf lint', 'buf', ['lint'], fresh);
    run('contracts: generate', 'buf', ['generate'], fresh);
    run('contracts: descriptors', 'buf', ['build', '-o', 'src/generated/descriptors.bin'], fresh);
    const difference = spawnSync(
      'diff',
      ['-r', join(ROOT, 'src', 'generated'), join(fresh, 'src', 'generated')],
      { encoding: 'utf8' },
    );
    report(
      'contracts: the generated code is fresh',
      difference.status === 0,
      `${difference.stdout}\nRun: npm run generate`,
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

run('types', 'tsc', ['--noEmit']);
run('style', 'biome', ['ci', '--error-on-warnings']);
checkRooms();
checkPlanted();
run('dead exports, files and dependencies', 'knip', []);
checkGenerated();
console.log(failures === 0 ? 'All checks hold.' : `${failures} checks failed.`);
process.exit(failures === 0 ? 0 : 1);
