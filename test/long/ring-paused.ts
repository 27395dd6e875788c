import { tellRingStory } from '../ring-of-processes.ts';
import { runPart } from './part.ts';

await runPart(
  '32 processes; ten fall silent for 60 s: within 15 s every answer is the true owner, and again after they go on',
  async () => ({
    ...(await tellRingStory({
      nodes: 32,
      taken: 10,
      lookups: 1000,
      files: 200,
      how: 'paused',
      pauseMs: 60_000,
      formWithinMs: 30_000,
      recoverWithinMs: 15_000,
    })),
  }),
);
