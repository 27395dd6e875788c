import { TestNetwork } from '../network.ts';
import { assertAllPlacesOf, tellTreeStory } from '../real-tree.ts';
import { runPart } from './part.ts';

await runPart(
  'the whole of /usr/share/doc: every path listed and found by its path from another node, 100 fetched intact, every place of a name that hundreds share',
  async () => {
    const network = await TestNetwork.start({ nodes: 4 });
    try {
      const told = await tellTreeStory(network, { source: '/usr/share/doc', sample: 100, withinMs: 300_000 });
      return { ...told, placesOfCopyright: await assertAllPlacesOf(network, 'copyright') };
    } finally {
      await network.stop();
    }
  },
);
