/** What a ring of real processes at rest sends and receives: at the sockets, HTTP/2 and all, beside the bodies. */
import { setTimeout as wait } from 'node:timers/promises';
import { metric } from './metrics.ts';
import { TestNetwork, type TestNode } from './network.ts';
import { percentile } from './process-figures.ts';
import { membersOf, untilOneRing } from './ring-oracle.ts';

export interface RingBytesStory {
  readonly nodes: number;
  /** From the last join until counting begins: member lists are told, periods grow to those at rest. */
  readonly quietMs: number;
  readonly countMs: number;
}

/** For each node, bytes a second, sent and received added up. */
export interface RingBytes {
  readonly socketsMean: number;
  readonly socketsMost: number;
  /** Bodies of the ring's messages. */
  readonly ringMean: number;
  readonly ringMost: number;
  /** Bodies of records messages that nodes without files exchange. */
  readonly recordsMean: number;
  /** Connections opened while counting, all nodes. */
  readonly opened: number;
  /** Nodes that others suspected meanwhile: a ring that is at rest has none. */
  readonly suspicions: number;
}

interface Counts {
  readonly at: number;
  readonly sockets: number;
  readonly ring: number;
  readonly records: number;
  readonly connections: number;
  readonly suspicions: number;
}

export async function measureRingBytes({ nodes, quietMs, countMs }: RingBytesStory): Promise<RingBytes> {
  const network = await TestNetwork.start({ nodes, isTapped: true });
  try {
    await untilOneRing(await membersOf(network.nodes), 120_000);
    await wait(quietMs);
    const before = await Promise.all(network.nodes.map((node) => countsOf(network, node)));
    await wait(countMs);
    const after = await Promise.all(network.nodes.map((node) => countsOf(network, node)));
    const rates = (what: 'sockets' | 'ring' | 'records'): number[] =>
      after.map((now, index) => {
        const then = before[index] as Counts;
        return (now[what] - then[what]) / ((now.at - then.at) / 1000);
      });
    const more = (what: 'connections' | 'suspicions'): number =>
      sum(after.map((now) => now[what])) - sum(before.map((then) => then[what]));
    const [sockets, ring, records] = [rates('sockets'), rates('ring'), rates('records')];
    return {
      socketsMean: mean(sockets),
      socketsMost: percentile(sockets, 1),
      ringMean: mean(ring),
      ringMost: percentile(ring, 1),
      recordsMean: mean(records),
      opened: more('connections'),
      suspicions: more('suspicions'),
    };
  } finally {
    await network.stop();
  }
}

async function countsOf(network: TestNetwork, node: TestNode): Promise<Counts> {
  const bodies = async (of: 'ring' | 'records'): Promise<number> =>
    (await metric(node, `anillo_${of}_sent_bytes_total`)) +
    (await metric(node, `anillo_${of}_received_bytes_total`));
  const wire = await network.wire?.ask(node.pid);
  if (wire === undefined) throw new Error('the network is not tapped');
  return {
    at: performance.now(),
    sockets: wire.sentBytes + wire.receivedBytes,
    ring: await bodies('ring'),
    records: await bodies('records'),
    connections: wire.connections,
    suspicions: await metric(node, 'anillo_ring_suspicions_total'),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
