/** Compiles the package: Node refuses TypeScript under `node_modules`, so what is published is JavaScript. */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: ROOT,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
cpSync(
  join(ROOT, 'src', 'generated', 'descriptors.bin'),
  join(ROOT, 'dist', 'src', 'generated', 'descriptors.bin'),
);
