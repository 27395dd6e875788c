/** What the ring costs a node on the wire while nodes come and go: protobuf bodies, in and out. */
import { WIRE_CODEC } from '../../../test/wire-codec.ts';
import { comeAndGo } from '../stage/churn.ts';
import { ringAtRest } from '../stage/rest.ts';
import type { Sample, Workload } from '../workload.ts';

const MINUTE_MS = 60_000;
const MEASURED_MS = 60_000;
const WHY =
  'of 100 nodes a third is gossip of members, told of every join and death though routing tables tell of them too; a fifth are answers ' +
  "that name an owner's twenty successors to those who asked only who it is";

export const BYTES_CHURN: Workload = {
  title: 'Maintenance under churn',
  what:
    'Bytes that a node sends and receives each second for the ring while as many come as go, with mean sessions of an hour and of ' +
    '10 minutes; no lookups. Bamboo needs 900 B/s at sessions of 1.4 minutes (Rhea et al. 2004).',
  measures: {
    hour: { name: 'at sessions of 1 h', kind: 'mean', unit: 'B/s', demand: { atMost: 500 } },
    minutes: { name: 'at sessions of 10 min', kind: 'mean', unit: 'B/s', demand: { atMost: 1_000 } },
  },
  reasons: { hour: WHY, minutes: WHY },
  quick: [{ nodes: 100, seeds: 1 }],
  full: [
    { nodes: 100, seeds: 90 },
    { nodes: 300, seeds: 8 },
    { nodes: 1_000, seeds: 2 },
  ],
  run: (seed, nodes): Sample => ({
    figures: { hour: underChurn(seed, nodes, 60), minutes: underChurn(seed, nodes, 10) },
  }),
};

/** Bytes of all that ever ran, those that ended too, by node and second of a ring of `count`. */
function underChurn(seed: number, count: number, sessionMinutes: number): number {
  const { world } = ringAtRest(count, { seed, codec: WIRE_CODEC });
  comeAndGo(world, count / (sessionMinutes * MINUTE_MS), () =>
    world.live().filter(({ state }) => state.phase === 'member'),
  );
  world.run(MEASURED_MS / 2);
  const bytes = (): number =>
    world.nodes.reduce((sum, { traffic }) => sum + traffic.sentBytes + traffic.receivedBytes, 0);
  const before = bytes();
  world.run(MEASURED_MS);
  return (bytes() - before) / count / (MEASURED_MS / 1_000);
}
