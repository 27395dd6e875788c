import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestRing, until } from './dht.test-support.ts';

test('who died is away; who left on purpose is not missed', async (t) => {
  const [asked = assert.fail(), left = assert.fail(), died = assert.fail()] = await startTestRing(t, 3);
  assert.equal((await asked.api.status()).away, 0);
  await left.stop({ leave: true });
  await died.stop({ leave: false });
  await until('one is away', async () => (await asked.api.status()).away === 1);
  const states = new Map((await asked.api.ring()).map(({ id, state }) => [id, state]));
  assert.deepEqual([states.get(left.id), states.get(died.id)], ['inactive', 'inactive']);
});
