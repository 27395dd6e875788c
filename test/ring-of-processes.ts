/**
 * The story of a ring of real processes, at any size: it forms, answers truly, survives a third of it dying or falling
 * silent at once with every record that has a surviving replica, and takes the returned back under their old ids.
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { sample } from '../src/simulator/random.ts';
import { chance } from './chance.ts';
import { getJson, startInGroups, TestNetwork, type TestNode } from './network.ts';
import {
  askRing,
  inTurns,
  type Member,
  membersOf,
  successorsOf,
  type Tally,
  untilOneRing,
} from './ring-oracle.ts';
import { until } from './until.ts';

export interface RingStory {
  readonly nodes: number;
  readonly taken: number;
  readonly lookups: number;
  readonly files: number;
  readonly how: 'killed' | 'paused';
  /** How long the taken stay stopped, when paused. */
  readonly pauseMs: number;
  readonly formWithinMs: number;
  readonly recoverWithinMs: number;
}

export interface RingFigures {
  readonly formedMs: number;
  readonly recoveredMs: number;
  /** From the failure until the last record was read. */
  readonly readMs: number;
  /** From the return of the taken until all is true and read again. */
  readonly returnedMs: number;
  readonly lookups: number;
  readonly filesRead: number;
  readonly meanHops: number;
}

/** Replicas alone are shown: with re-assertion on, publishers would put lost records back. */
const NODE_ARGS = ['--timing', 'reassertion=false'];

export async function tellRingStory(story: RingStory): Promise<RingFigures> {
  const network = await TestNetwork.start({ nodes: story.nodes, nodeArgs: NODE_ARGS });
  try {
    const all = await membersOf(network.nodes);
    await untilOneRing(all, story.formWithinMs);
    const formedMs = performance.now() - network.lastStartAt;
    assert.ok(formedMs <= story.formWithinMs, `one ring ${Math.round(formedMs)} ms after the last start`);
    assertTrue(await askRing(all, story.lookups));

    const names = await putFiles(network, story.files);
    // At random, as failures are, but for one: the owner of a name, so that what replicas do is seen in every run.
    const owner = successorsOf(all, `name\0${names[0]}`, 1)[0]?.node;
    assert.ok(owner);
    const others = network.nodes.filter((node) => node !== owner);
    const taken = [owner, ...sample(chance('taken'), others, story.taken - 1)];
    const left = all.filter((member) => !taken.includes(member.node));
    const since = performance.now();
    await take(taken, story.how);
    const failed = await allHolds({ all, left, names, asked: left, since, story });

    if (story.how === 'paused') await wait(Math.max(0, story.pauseMs - (performance.now() - since)));
    await bringBack(taken, story.how);
    const returned = await allHolds({ all, left, names, asked: all, since: performance.now(), story });
    const again = await membersOf(network.nodes);
    assert.deepEqual(
      again.map((member) => member.id),
      all.map((member) => member.id),
      'the returned have their old identifiers',
    );
    return {
      formedMs,
      recoveredMs: failed.trueMs,
      readMs: failed.readMs,
      returnedMs: Math.max(returned.trueMs, returned.readMs),
      lookups: story.lookups * 3,
      filesRead: failed.files,
      meanHops: mean(returned.hops),
    };
  } finally {
    await network.stop();
  }
}

async function putFiles(network: TestNetwork, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `folder ${index % 7}/file-${index}.txt`;
    const node = network.nodes[index % network.nodes.length];
    const answer = await request(`${node?.url}/api/v1/files?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: `content of ${name}`,
    });
    const stored = (await answer.body.json()) as { published: boolean };
    assert.equal(answer.statusCode, 201);
    assert.equal(stored.published, true, `${name} stands on the ring`);
    names.push(name);
  }
  return names;
}

async function take(nodes: readonly TestNode[], how: RingStory['how']): Promise<void> {
  if (how === 'paused') for (const node of nodes) node.pause();
  else await Promise.all(nodes.map((node) => node.end('SIGKILL')));
}

async function bringBack(nodes: readonly TestNode[], how: RingStory['how']): Promise<void> {
  if (how === 'paused') {
    for (const node of nodes) node.resume();
    return;
  }
  await startInGroups(nodes);
}

function assertTrue(tally: Tally): void {
  assert.deepEqual(tally.wrong, [], 'every answer is the true owner');
  assert.deepEqual(tally.failed, [], 'every lookup is answered');
}

async function untilTrue(members: readonly Member[], lookups: number, timeoutMs: number): Promise<Tally> {
  let tally: Tally = { asked: 0, wrong: [], failed: [], hops: [] };
  await until('every answer is the true owner', timeoutMs, async () => {
    tally = await askRing(members, lookups);
    assertTrue(tally);
    return true;
  });
  return tally;
}

/** Names are kept by the owner and its next successors, this many in all. */
const NAME_REPLICAS = 5;

interface Moment {
  readonly all: readonly Member[];
  /** Those that were never taken. */
  readonly left: readonly Member[];
  readonly names: readonly string[];
  /** Those that are there now: one ring, each of which answers truly. */
  readonly asked: readonly Member[];
  /** When it began, on the clock of `performance.now()`. */
  readonly since: number;
  readonly story: RingStory;
}

interface Held {
  readonly trueMs: number;
  readonly readMs: number;
  readonly files: number;
  readonly hops: readonly number[];
}

/** Within the story's time from `since` every answer is the true owner, and every record with a surviving replica is read. */
async function allHolds(moment: Moment): Promise<Held> {
  const { since, story } = moment;
  const elapsedMs = (): number => performance.now() - since;
  const [answers, files] = await Promise.all([
    answerTruly(moment).then((tally) => ({ tally, ms: elapsedMs() })),
    readRecords(moment).then((count) => ({ count, ms: elapsedMs() })),
  ]);
  assert.ok(answers.ms <= story.recoverWithinMs, `every answer is true after ${Math.round(answers.ms)} ms`);
  assert.ok(files.ms <= story.recoverWithinMs, `every record is read after ${Math.round(files.ms)} ms`);
  return { trueMs: answers.ms, readMs: files.ms, files: files.count, hops: answers.tally.hops };
}

async function answerTruly({ asked, since, story }: Moment): Promise<Tally> {
  const leftMs = (): number => since + story.recoverWithinMs - performance.now();
  await untilOneRing(asked, leftMs());
  return untilTrue(asked, story.lookups, leftMs());
}

/** Every name with a replica that was never taken is read, by one node after the other; returns how many. */
async function readRecords({ all, left, names, asked, since, story }: Moment): Promise<number> {
  const surviving = names.filter((name) => {
    const holders = successorsOf(all, `name\0${name}`, NAME_REPLICAS);
    return holders.some((holder) => left.includes(holder));
  });
  assert.ok(surviving.some((name) => !left.includes(successorsOf(all, `name\0${name}`, 1)[0] as Member)));
  await inTurns([...surviving.entries()], ([index, name]) =>
    until(`${name} is read`, since + story.recoverWithinMs - performance.now(), async () => {
      const reader = asked[index % asked.length]?.node;
      const answer = await getJson<{ results: { name: string }[] }>(
        `${reader?.url}/api/v1/search?q=${encodeURIComponent(name)}`,
      );
      return answer.results.some((result) => result.name === name);
    }),
  );
  return surviving.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
