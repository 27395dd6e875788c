import { ApartNetwork, tellApartStory } from '../apart.ts';
import { runPart } from './part.ts';

await runPart(
  'each service in its own process, each killed in turn during 1,000 uploads: nothing acknowledged is lost, every file is published',
  async () => {
    const network = await ApartNetwork.start();
    try {
      return { ...(await tellApartStory(network, { uploads: 1000, settleWithinMs: 120_000 })) };
    } finally {
      await network.stop();
    }
  },
);
