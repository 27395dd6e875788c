/** Nodes that come and go all through a run, as many as come. */
import { sample } from '../../../src/simulator/random.ts';
import type { SimulatedNode } from '../../../src/simulator/simulated-node.ts';
import type { World } from '../../../src/simulator/world.ts';

/** From now on, at moments by chance; each joins by any three of the others. Of those that end, half refuse, half are silent. */
export function comeAndGo(world: World, perMs: number, members: () => SimulatedNode[]): void {
  const again = (act: () => void): void => {
    const afterMs = -Math.log(1 - world.random()) / perMs;
    world.at(world.schedule.now + afterMs, () => {
      act();
      again(act);
    });
  };
  if (perMs === 0) return;
  again(() => world.start(sample(world.random, members(), 3)));
  again(() => {
    const [node] = sample(world.random, members(), 1);
    if (node === undefined) return;
    if (world.random() < 0.5) world.kill(node);
    else world.crash(node);
  });
}
