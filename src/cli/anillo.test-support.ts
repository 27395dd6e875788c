/** For tests: `anillo` as a process, and a network of one node that speaks the schemas. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

export const ENTRY = fileURLToPath(new URL('./entry.ts', import.meta.url));
const EVIL = 'evil\u001b[31m\n\u202ename';
export const HELLO_CID = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq';
export const folder = mkdtempSync(join(tmpdir(), 'anillo-cli-'));

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
export const network = await AnsweringServer.start({
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

/** When all tests of a file are done. */
export async function closeNetwork(): Promise<void> {
  await network.stop();
  rmSync(folder, { recursive: true });
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command to its end, in `folder`. */
export function anillo(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
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
