/** A graceful stop of any node, the publisher included: no record goes with it, and no lookup fails meanwhile. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { getJson, TestNetwork } from './network.ts';
import { askRing, type Member, membersOf, untilOneRing } from './ring-oracle.ts';
import { until } from './until.ts';

const NODES = 8;
const FILES = 40;
const RING_WITHIN_MS = 15_000;
const READ_WITHIN_MS = 10_000;

let network: TestNetwork;
let members: readonly Member[];

before(async () => {
  // Replicas alone are shown: with re-assertion on, publishers would put lost records back.
  network = await TestNetwork.start({ nodes: NODES, nodeArgs: ['--timing', 'reassertion=false'] });
  members = await membersOf(network.nodes);
  await untilOneRing(members, RING_WITHIN_MS);
});
after(() => network?.stop());

test('nodes that leave gracefully, one after the other, take no record with them and fail no lookup', async () => {
  const [publisher, ...others] = network.nodes;
  assert.ok(publisher);
  const files = await put(publisher.url);
  let staying = members;
  for (const leaver of [others[2], publisher, others[5]]) {
    assert.ok(leaver);
    const id = members.find(({ node }) => node === leaver)?.id ?? '';
    staying = staying.filter(({ node }) => node !== leaver);
    const ending = leaver.end('SIGTERM');
    const tally = await askWhile(staying, ending);
    assert.equal(await ending, 0, `${leaver.name} ended cleanly`);
    assert.ok(tally.asked > 0);
    assert.deepEqual(tally.failed, [], 'every lookup is answered');
    // While it goes, the one that goes is still a true owner; nobody else is but the next.
    const wrong = tally.wrong.filter((line) => !line.endsWith(id.slice(0, 8)));
    assert.deepEqual(wrong, [], 'every answer is the owner before or after');
    await untilOneRing(staying, RING_WITHIN_MS);
    const settled = await askRing(staying, 100);
    assert.deepEqual([settled.wrong, settled.failed], [[], []]);
  }
  for (const [index, { name, cid }] of files.entries()) {
    const reader = staying[index % staying.length]?.node.url ?? '';
    for (const question of [name, name.split('/').at(-1) ?? '', cid]) await isFound(reader, question, name);
  }
});

async function put(url: string): Promise<{ name: string; cid: string }[]> {
  const files: { name: string; cid: string }[] = [];
  for (let index = 0; index < FILES; index += 1) {
    const name = `kept/${index}.txt`;
    const answer = await request(`${url}/api/v1/files?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: `content of ${name}`,
    });
    const stored = (await answer.body.json()) as { cid: string; published: boolean };
    assert.equal(stored.published, true, `${name} stands on the ring`);
    files.push({ name, cid: stored.cid });
  }
  return files;
}

/** Asks those that stay, until the other has ended. */
async function askWhile(staying: readonly Member[], ending: Promise<unknown>) {
  const all = { asked: 0, wrong: [] as string[], failed: [] as string[] };
  let isOver = false;
  void ending.then(() => {
    isOver = true;
  });
  while (!isOver) {
    const { asked, wrong, failed } = await askRing(staying, 20);
    all.asked += asked;
    all.wrong.push(...wrong);
    all.failed.push(...failed);
  }
  return all;
}

async function isFound(reader: string, question: string, name: string): Promise<void> {
  await until(`${name} is found by ${question}`, READ_WITHIN_MS, async () => {
    const answer = await getJson<{ results: { name: string }[] }>(
      `${reader}/api/v1/search?q=${encodeURIComponent(question)}`,
    );
    return answer.results.some((result) => result.name === name);
  });
}
