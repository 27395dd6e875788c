/** What the ring costs a node on the wire when nobody comes or goes: protobuf bodies, in and out. */
import { DEFAULT_PARAMETERS, type RingParameters } from '../../../src/ring/parameters.ts';
import { WIRE_CODEC } from '../../../test/wire-codec.ts';
import { ringAtRest } from '../stage/rest.ts';
import type { Sample, Workload } from '../workload.ts';

const SETTLED_MS = 60_000;
const MEASURED_MS = 120_000;
/** From so many nodes on both are shorter: their mean over so many is as sure. */
const LARGE = { nodes: 10_000, settledMs: 30_000, measuredMs: 45_000 };

export const BYTES: Workload = {
  title: 'Maintenance at rest',
  what:
    'Bytes that a node sends and receives each second for the ring, liveness probes included, while nobody comes, goes or ' +
    'asks, for two minutes, of 10,000 for 45 s: protobuf bodies, without what gRPC, HTTP/2 and TLS add. With the routing table, and ' +
    'without it on fingers alone.',
  measures: {
    withTable: {
      name: 'with a routing table of all nodes',
      kind: 'mean',
      unit: 'B/s',
      demand: {
        32: { atMost: 250 },
        100: { atMost: 250 },
        400: { atMost: 250 },
        1000: { atMost: 250 },
        10000: { atMost: 500 },
      },
    },
    withoutTable: {
      name: 'without a table',
      kind: 'mean',
      unit: 'B/s',
      demand: { atMost: 250 },
    },
    worstNode: { name: 'the node with most, with a table', kind: 'every', unit: 'B/s' },
    messages: { name: 'messages sent and received, with a table', kind: 'mean', unit: '/s' },
  },
  quick: [
    { nodes: 32, seeds: 2 },
    { nodes: 100, seeds: 2 },
    { nodes: 400, seeds: 1 },
    { nodes: 1_000, seeds: 1 },
  ],
  full: [
    { nodes: 32, seeds: 30 },
    { nodes: 100, seeds: 50 },
    { nodes: 400, seeds: 15 },
    { nodes: 1_000, seeds: 5 },
    { nodes: 10_000, seeds: 3 },
  ],
  run: (seed, nodes): Sample => {
    const { mean: withTable, most: worstNode, messages } = rest(seed, nodes, DEFAULT_PARAMETERS);
    const { mean: withoutTable } = rest(seed, nodes, { ...DEFAULT_PARAMETERS, routesMax: 0 });
    return { figures: { withTable, withoutTable, worstNode, messages } };
  },
};

/** A node and second. */
function rest(seed: number, count: number, parameters: RingParameters) {
  const isLarge = count >= LARGE.nodes;
  const measuredMs = isLarge ? LARGE.measuredMs : MEASURED_MS;
  const { world, nodes } = ringAtRest(count, {
    seed,
    parameters,
    codec: WIRE_CODEC,
    settledMs: isLarge ? LARGE.settledMs : SETTLED_MS,
  });
  const bytesBefore = nodes.map(({ traffic }) => traffic.sentBytes + traffic.receivedBytes);
  const messagesBefore = nodes.map(({ traffic }) => traffic.sent + traffic.received);
  world.run(measuredMs);
  const seconds = measuredMs / 1_000;
  const bytes = nodes.map(
    ({ traffic }, i) => (traffic.sentBytes + traffic.receivedBytes - (bytesBefore[i] as number)) / seconds,
  );
  const messages = nodes.map(
    ({ traffic }, i) => (traffic.sent + traffic.received - (messagesBefore[i] as number)) / seconds,
  );
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / count;
  return { mean: mean(bytes), most: Math.max(...bytes), messages: mean(messages) };
}
