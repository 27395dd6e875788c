/** What every `ReplicaStore` holds to. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { rawCid } from '../../content/cid.ts';
import { PIECE_BYTES } from '../../content/profile.ts';
import { Problem } from '../../problems/problem.ts';
import { chunksOf, makeFolders, openLibrary } from '../library.test-support.ts';
import { roomBytes } from './replica-room.ts';
import type { Bring, ReplicaStore, WantedContent } from './replica-store.ts';
import { ReplicasInMemory } from './replicas-in-memory.ts';

const CAPACITY = 1_000;

interface Stage {
  readonly store: ReplicaStore;
  /** Brings these bytes. */
  readonly bringing: (bytes: Uint8Array) => Bring;
  /** Flips a bit of a copy. */
  readonly flip: (cid: string) => void;
  /** The shared folder has these bytes. */
  readonly own: (bytes: Uint8Array) => Promise<void>;
}

const stages: readonly (readonly [string, (t: TestContext) => Promise<Stage>])[] = [
  ['in memory', async () => inMemory()],
  ['on disk', onDisk],
];

function inMemory(): Stage {
  const store = new ReplicasInMemory(CAPACITY);
  return {
    store,
    bringing: (bytes) => async (path) => void store.bytes.set(path, new Uint8Array(bytes)),
    flip: (cid) => {
      const [bytes] = [...store.bytes].filter(([path]) => path.endsWith(cid)).map(([, held]) => held);
      if (bytes !== undefined) bytes[0] = (bytes[0] ?? 0) ^ 1;
    },
    own: async (bytes) => void store.own.add(cidOf(bytes)),
  };
}

async function onDisk(t: TestContext): Promise<Stage> {
  const library = await openLibrary(t, makeFolders(t), { replicasMaxBytes: CAPACITY });
  const paths = new Map<string, string>();
  return {
    store: library.replicas,
    bringing: (bytes) => async (path) => {
      paths.set(cidOf(bytes), path);
      writeFileSync(path, bytes);
    },
    flip: (cid) => {
      const path = paths.get(cid) ?? '';
      const bytes = readFileSync(path);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    },
    own: async (bytes) => void (await library.receive({ name: 'mine', source: chunksOf(bytes) })),
  };
}

const cidOf = (bytes: Uint8Array) => rawCid(hash('sha256', bytes, 'buffer'));
const content = (letter: string, length = 100) => Buffer.alloc(length, letter);
const wanted = (bytes: Uint8Array): WantedContent => ({
  cid: cidOf(bytes),
  size: bytes.length,
  reason: 'replica',
  name: 'folder/file',
  type: 'text/plain',
});
const never: Bring = () => assert.fail('nothing is to be brought');
const fails = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

for (const [name, open] of stages) {
  describe(`copies kept for others, ${name}`, () => {
    test('what was brought is there, verified, until it is released', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      assert.equal(await store.keep(wanted(bytes), bringing(bytes)), 'kept');
      assert.ok(store.has(cidOf(bytes)));
      assert.equal(await store.verify(cidOf(bytes)), 'good');
      assert.deepEqual(store.list('', 10), [{ ...wanted(bytes), isWhole: true }]);
      assert.deepEqual(store.totals(), { contents: 1, bytes: 100 });
      assert.equal(await store.release(cidOf(bytes)), true);
      assert.equal(await store.release(cidOf(bytes)), false);
      assert.equal(store.has(cidOf(bytes)), false);
      assert.equal(await store.verify(cidOf(bytes)), 'absent');
      assert.deepEqual(store.totals(), { contents: 0, bytes: 0 });
    });

    test('to keep what is there brings nothing', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      await store.keep(wanted(bytes), bringing(bytes));
      assert.equal(await store.keep(wanted(bytes), never), 'kept');
    });

    test('what is in the shared folder is not kept twice', async (t) => {
      const { store, own } = await open(t);
      await own(content('a'));
      assert.equal(await store.keep(wanted(content('a')), never), 'own');
      assert.deepEqual(store.list('', 10), []);
    });

    test('who asks while it comes waits for the same', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      const both = [store.keep(wanted(bytes), bringing(bytes)), store.keep(wanted(bytes), never)];
      assert.deepEqual(await Promise.all(both), ['kept', 'kept']);
    });

    test('other bytes than those of the CID are refused, and nothing of them is listed as whole', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      await assert.rejects(store.keep(wanted(bytes), bringing(content('b'))), fails('verification_failed'));
      assert.equal(store.has(cidOf(bytes)), false);
      assert.equal(await store.keep(wanted(bytes), bringing(bytes)), 'kept');
    });

    test('a download that fails leaves a part, which is gone on with or released', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      const broken = new Problem('node_away', { node: 'n' });
      await assert.rejects(
        store.keep(wanted(bytes), () => Promise.reject(broken)),
        fails('node_away'),
      );
      assert.deepEqual(store.list('', 10), [{ ...wanted(bytes), isWhole: false }]);
      assert.equal(store.has(cidOf(bytes)), false);
      assert.equal(await store.keep(wanted(bytes), bringing(bytes)), 'kept');
      await assert.rejects(store.keep(wanted(content('b')), () => Promise.reject(broken)));
      assert.equal(await store.release(cidOf(content('b'))), true);
      assert.equal(store.list('', 10).length, 1);
    });

    test('beyond the room nothing is taken, and what is on its way counts', async (t) => {
      const { store, bringing } = await open(t);
      const [large, other] = [content('a', 600), content('b', 600)];
      const arrived = Promise.withResolvers<void>();
      const coming = store.keep(wanted(large), async (path) => {
        await arrived.promise;
        await bringing(large)(path);
      });
      await assert.rejects(store.keep(wanted(other), never), fails('no_space'));
      arrived.resolve();
      await coming;
      assert.equal(store.freeBytes(), CAPACITY - 600);
      await assert.rejects(store.keep(wanted(other), never), fails('no_space'));
      await store.release(cidOf(large));
      assert.equal(await store.keep(wanted(other), bringing(other)), 'kept');
    });

    test('a flipped bit is found, and the bad copy dropped, so that another can be brought', async (t) => {
      const { store, bringing, flip } = await open(t);
      const bytes = content('a');
      await store.keep(wanted(bytes), bringing(bytes));
      flip(cidOf(bytes));
      assert.equal(await store.verify(cidOf(bytes)), 'bad');
      assert.equal(store.has(cidOf(bytes)), false);
      assert.equal(await store.keep(wanted(bytes), bringing(bytes)), 'kept');
      assert.equal(await store.verify(cidOf(bytes)), 'good');
    });

    test('what is released while it comes is not there afterwards', async (t) => {
      const { store, bringing } = await open(t);
      const bytes = content('a');
      await store
        .keep(wanted(bytes), async (path) => {
          await store.release(cidOf(bytes));
          await bringing(bytes)(path).catch(() => {});
        })
        .catch(() => {});
      assert.equal(store.has(cidOf(bytes)), false);
      assert.deepEqual(store.list('', 10), []);
    });
  });
}

test('a copy that stands elsewhere, from a backup say, is given out again once it was read through', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = content('a');
  let place = '';
  await library.replicas.keep(wanted(bytes), async (path) => {
    place = path;
    writeFileSync(path, bytes);
  });
  renameSync(place, `${place}.backup`);
  copyFileSync(`${place}.backup`, place);
  await assert.rejects(library.readBlock(cidOf(bytes)), fails('changed'));
  assert.equal(await library.replicas.verify(cidOf(bytes)), 'good');
  assert.deepEqual(await library.readBlock(cidOf(bytes)), bytes);
});

test('a copy is given out by its CID: whole, by block, and by the blocks of its pieces', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = Buffer.concat([content('a', PIECE_BYTES), content('b', 5)]);
  const [first] = [cidOf(bytes.subarray(0, PIECE_BYTES))];
  const { cid } = await library.receive({ name: 'mine', source: chunksOf(bytes) });
  await library.withdraw('mine');
  await library.emptyTrash();
  assert.equal(library.hasBlock(cid), false);
  const large = { ...wanted(bytes), cid };
  await library.replicas.keep(large, async (path) => writeFileSync(path, bytes));
  const [copy, ...others] = library.catalog.copiesOf(cid, 10);
  assert.ok(copy);
  assert.deepEqual([copy.why, copy.path, copy.type, others], ['replica', 'folder/file', 'text/plain', []]);
  const open = await library.openForRead(copy);
  t.after(() => open.close());
  assert.ok(Buffer.concat(await open.stream().toArray()).equals(bytes));
  assert.ok((await library.readBlock(first))?.length === PIECE_BYTES);
  assert.ok((await library.readBlock(cid)) !== null);
  assert.equal(library.catalog.totals().files, 0, 'it is not among the files');
  await library.replicas.release(cid);
  assert.equal(library.hasBlock(cid), false);
  assert.equal(library.hasBlock(first), false);
});

test('the ring is told that it is provided, and when nothing holds it any more, that it is not', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = content('a');
  const cid = cidOf(bytes);
  const told = () => library.catalog.pending(10).map(({ act, lastCopy }) => [act, lastCopy]);
  const settle = () => library.catalog.settle(library.catalog.pending(10).map(({ id }) => id));
  const keep = () => library.replicas.keep(wanted(bytes), async (path) => writeFileSync(path, bytes));
  await keep();
  assert.deepEqual(told(), [['provide', false]]);
  assert.deepEqual(library.catalog.files('', 10), [{ path: `/${cid}`, cid }]);
  settle();
  assert.equal(library.catalog.requeue([{ path: `/${cid}`, cid }]), 1);
  assert.equal(library.catalog.requeue([{ path: `/${cid}`, cid }]), 0, 'it waits already');
  settle();
  await library.receive({ name: 'mine', source: chunksOf(bytes) });
  await library.withdraw('mine');
  assert.deepEqual(told(), [
    ['publish', false],
    ['withdraw', false],
  ]);
  settle();
  await library.receive({ name: 'mine', source: chunksOf(bytes) });
  settle();
  await library.replicas.release(cid);
  assert.deepEqual(told(), [['unprovide', false]], 'the own file provides it still');
  settle();
  await library.withdraw('mine');
  assert.deepEqual(told(), [['withdraw', true]]);
  settle();
  await keep();
  settle();
  await library.replicas.release(cid);
  assert.deepEqual(told(), [['unprovide', true]]);
});

test('after a death: bytes without a row go, rows without bytes too, and parts stay', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const places = new Map<string, string>();
  for (const letter of ['a', 'b', 'd']) {
    const bytes = content(letter);
    await library.replicas.keep(wanted(bytes), async (path) => {
      places.set(letter, path);
      writeFileSync(path, bytes);
    });
  }
  const part = wanted(content('c'));
  await assert.rejects(
    library.replicas.keep(part, async (path) => {
      places.set('c', path);
      writeFileSync(`${path}.part`, 'half');
      throw new Problem('interrupted');
    }),
  );
  rmSync(places.get('a') ?? '');
  // A release was cut off between the row and the bytes.
  const stray = dirname(places.get('d') ?? '');
  library.catalog.statement('DELETE FROM kept WHERE cid = ?').run(cidOf(content('d')));
  assert.ok(existsSync(stray));
  await library.replicas.recover();
  assert.equal(existsSync(stray), false);
  assert.equal(library.replicas.has(cidOf(content('a'))), false);
  assert.equal(library.replicas.has(cidOf(content('b'))), true);
  assert.ok(existsSync(`${places.get('c')}.part`));
  assert.deepEqual(
    library.replicas
      .list('', 10)
      .filter(({ isWhole }) => !isWhole)
      .map(({ cid }) => cid),
    [part.cid],
  );
});

test('a death between the last byte and the row costs no second download', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = content('a');
  await assert.rejects(
    library.replicas.keep(wanted(bytes), async (path) => {
      writeFileSync(path, bytes);
      throw new Problem('interrupted');
    }),
  );
  assert.equal(await library.replicas.keep(wanted(bytes), never), 'kept');
});

test('the room is a quota, what the reserve leaves, and at most half of what others leave free', () => {
  const bounds = { replicasMaxBytes: 1_000, reserveBytes: 100 };
  const empty = { keptBytes: 0, promisedBytes: 0 };
  assert.equal(roomBytes(10_000, empty, bounds), 1_000);
  assert.equal(roomBytes(10_000, { keptBytes: 700, promisedBytes: 0 }, bounds), 300);
  assert.equal(roomBytes(400, empty, bounds), 200);
  assert.equal(roomBytes(150, empty, bounds), 50);
  assert.equal(roomBytes(50, empty, bounds), 0);
  assert.equal(roomBytes(200, { keptBytes: 200, promisedBytes: 0 }, bounds), 0);
  assert.equal(roomBytes(400, { keptBytes: 150, promisedBytes: 150 }, bounds), 50);
});

test('the bytes of a released copy leave the disk', async (t) => {
  const library = await openLibrary(t, makeFolders(t));
  const bytes = content('a');
  let place = '';
  await library.replicas.keep(wanted(bytes), async (path) => {
    place = path;
    writeFileSync(path, bytes);
  });
  assert.ok(existsSync(place));
  await library.replicas.release(cidOf(bytes));
  assert.equal(existsSync(place), false);
});
