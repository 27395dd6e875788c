import { test } from 'node:test';
import { tellRingStory } from './ring-of-processes.ts';

const SMALL = { nodes: 10, taken: 3, lookups: 200, files: 20, formWithinMs: 30_000, recoverWithinMs: 15_000 };

test('ten processes are one ring; three killed at once cost no true answer and no record with a replica', async () => {
  await tellRingStory({ ...SMALL, how: 'killed', pauseMs: 0 });
});

test('three processes that fall silent and wake again are left out, and taken back without a wrong answer', async () => {
  await tellRingStory({ ...SMALL, how: 'paused', pauseMs: 15_000 });
});
