/** What one that sends anything, in anybody's name, cannot do to a ring. */
import assert from 'node:assert/strict';
import type { Contact, RingRequest } from '../ring/message.ts';
import { isIdeal } from './live-ring.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { eventually, story } from './story.ts';
import { World } from './world.ts';

const FILE = 'src/simulator/hostile.test.ts';
const SILENT = 'silent:1';
const DIGITS = 64;

/** The identifier at this share of the way from one node to another. */
function idBetween(from: Contact, to: Contact, share: number): string {
  const ring = 1n << BigInt(4 * DIGITS);
  const start = BigInt(`0x${from.id}`);
  const gap = (BigInt(`0x${to.id}`) - start + ring) % ring;
  const at = (start + (gap * BigInt(Math.floor(share * 2 ** 40))) / (1n << 40n)) % ring;
  return at.toString(16).padStart(DIGITS, '0');
}

/** Ten a second from now on: each names another node that is not there, between `target` and its head. */
function flood(world: World, target: SimulatedNode, how: Flood, forMs: number): void {
  const head = target.state.successors[0] as Contact;
  for (let at = 0; at < forMs; at += 100) {
    world.at(world.schedule.now + at, () => {
      const fake = { id: idBetween(target.contact, head, world.random()), incarnation: 1, address: SILENT };
      target.feed({ type: 'request', toIncarnation: 0, token: -1, ...how(fake) });
    });
  }
}

type Flood = (fake: Contact) => { readonly from: Contact; readonly request: RingRequest };

const FLOODS: Readonly<Record<string, (member: Contact) => Flood>> = {
  'introduces nodes that are not there': (member) => (fake) => ({
    from: member,
    request: { type: 'introduce', contact: fake },
  }),
  'gossips of nodes that are not there': (member) => (fake) => ({
    from: member,
    request: { type: 'members', digest: '', entries: [{ contact: fake, status: 'alive' }] },
  }),
  'asks in the names of nodes that are not there': () => (fake) => ({
    from: fake,
    request: { type: 'ping' },
  }),
};

for (const [what, floodBy] of Object.entries(FLOODS)) {
  story(`while somebody ${what}, one that joins becomes head as soon as otherwise`, FILE, (seed) => {
    const world = new World({ seed });
    const [first, , , member] = world.startRing(16, 100);
    eventually(world, isIdeal, 30_000);
    world.run(60_000);
    assert.ok(first && member);
    world.network.shut(SILENT);
    const head = first.state.successors[0] as Contact;
    flood(world, first, floodBy(member.contact), 30_000);
    world.run(5_000);
    const joiner = world.prepare({
      id: idBetween(first.contact, head, 0.5),
      incarnation: 1,
      address: 'joiner:1',
    });
    world.boot(joiner, [first]);
    // Without the flood it takes up to 0.4 s.
    const tookMs = world.runUntil(() => first.state.successors[0]?.id === joiner.contact.id, 20_000, 10);
    assert.ok(tookMs !== null && tookMs <= 1_000, `${tookMs} ms`);
  });
}
