/** Real folders for the tests of this room. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { Library, type LibraryOptions } from './library.ts';

export interface Folders {
  readonly root: string;
  readonly shareDir: string;
  readonly dataDir: string;
}

export function makeFolders(test: TestContext): Folders {
  const root = mkdtempSync(join(tmpdir(), 'anillo-library-'));
  test.after(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  return { root, shareDir: join(root, 'shared'), dataDir: join(root, 'data') };
}

/** Closed when the test ends. Files count as still after 50 ms, so that no test waits for two seconds. */
export async function openLibrary(
  test: TestContext,
  folders: Folders,
  bounds: Partial<LibraryOptions> = {},
): Promise<Library> {
  const library = await Library.open({
    shareDir: folders.shareDir,
    dataDir: folders.dataDir,
    log: pino({ level: 'silent' }),
    stillMs: 50,
    markerCheckMs: 50,
    reserveBytes: 0,
    ...bounds,
  });
  test.after(() => library.close());
  return library;
}

export async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

const DEADLINE_MS = 20_000;
const POLL_MS = 10;

/** Waits until `condition` holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await pause(POLL_MS);
  }
}

export function pathsOf(library: Library): string[] {
  return library.catalog.list({ limit: 1_000 }).map(({ path }) => path);
}

export function incomingOf(folders: Folders): string[] {
  const incoming = join(folders.shareDir, '.anillo/incoming');
  return existsSync(incoming) ? readdirSync(incoming) : [];
}

export async function contentOf(library: Library, path: string): Promise<string> {
  const file = library.catalog.file(path);
  if (file === null) throw new Error(`${path} is not in the catalog`);
  const open = await library.openForRead(file);
  try {
    return Buffer.concat(await open.stream().toArray()).toString('utf8');
  } finally {
    await open.close();
  }
}

let marks = 0;

/** Shows that the index has seen all that came before: a new file appears after it. @returns its name */
export async function seenAll(library: Library, shareDir: string): Promise<string> {
  marks += 1;
  const name = `mark-${marks}`;
  writeFileSync(join(shareDir, name), name);
  await until(name, () => library.catalog.file(name) !== null);
  return name;
}

/** The first look through the folder is over. */
export function ready(library: Library): Promise<void> {
  return until('the scan', () => library.totals().state === 'ready');
}
