import { tellRingStory } from '../ring-of-processes.ts';
import { runPart } from './part.ts';

await runPart(
  '32 processes become one ring within 30 s; ten killed at once: within 15 s every answer is the true owner, every record with a replica is read, and the ten rejoin under their old ids',
  async () => ({
    ...(await tellRingStory({
      nodes: 32,
      taken: 10,
      lookups: 1000,
      files: 200,
      how: 'killed',
      pauseMs: 0,
      formWithinMs: 30_000,
      recoverWithinMs: 15_000,
    })),
  }),
);
