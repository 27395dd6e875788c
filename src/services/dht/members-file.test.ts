import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MemberEntry } from '../../ring/message.ts';
import { SILENT, temporaryFolder, until } from './dht.test-support.ts';
import { MembersFile } from './members-file.ts';

const entry = (digit: string): MemberEntry => ({
  contact: { id: digit.repeat(64), incarnation: 7, address: '127.0.0.1:50051' },
  status: 'alive',
});

test('what was saved is remembered by the next life, the last save winning', async (t) => {
  const folder = temporaryFolder(t);
  const file = new MembersFile(folder, SILENT);
  file.save([entry('1')]);
  file.save([entry('2'), entry('3')]);
  await file.flush();
  assert.deepEqual(new MembersFile(folder, SILENT).read(), [entry('2'), entry('3')]);
});

test('a save is written by itself after a while', async (t) => {
  const folder = temporaryFolder(t);
  new MembersFile(folder, SILENT).save([entry('1')]);
  await until('it is written', () => new MembersFile(folder, SILENT).read().length === 1);
});

test('of a damaged file, only what is well-formed is remembered', (t) => {
  const folder = temporaryFolder(t);
  const write = (text: string) => writeFileSync(join(folder, 'members.json'), text);
  const read = () => new MembersFile(folder, SILENT).read();
  assert.deepEqual(read(), []);
  for (const text of ['', '{', '{}', 'null', '[null, 1, {}, {"contact": null, "status": "alive"}]']) {
    write(text);
    assert.deepEqual(read(), [], text);
  }
  const { contact } = entry('1');
  const bad = [
    { contact: { ...contact, id: 'short' }, status: 'alive' },
    { contact: { ...contact, address: 'nowhere' }, status: 'alive' },
    { contact: { ...contact, incarnation: '7' }, status: 'alive' },
    { contact, status: 'adored' },
  ];
  write(JSON.stringify([...bad, entry('2')]));
  assert.deepEqual(read(), [entry('2')]);
});
