/** Each service in a process of its own, killed in turn while files come in: nothing acknowledged is lost. */
import { after, before, test } from 'node:test';
import { ApartNetwork, type ApartStory, tellApartStory } from './apart.ts';

const STORY: ApartStory = { uploads: 120, settleWithinMs: 60_000 };
let network: ApartNetwork;

before(async () => {
  network = await ApartNetwork.start();
});
after(() => network.stop());

test('each of the services is killed in turn during uploads: nothing acknowledged is lost, and every file is published', async () => {
  await tellApartStory(network, STORY);
});
