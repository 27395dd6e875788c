/** How the ring looks from this node, for Prometheus. `docs/metrics.md` says what each means and what to do about it. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RingFigures } from '../services/dht/ring-watch.ts';
import { ringTraffic } from '../services/dht/traffic.ts';
import { measureTotal } from './measure-total.ts';

type Counts = RingFigures['counts'];

const COUNTERS: Readonly<Record<keyof Counts, readonly [name: string, help: string]>> = {
  joins: ['anillo_ring_joins_total', 'Times that this node took its place on a ring.'],
  suspicions: ['anillo_ring_suspicions_total', 'Members that did not answer a probe of this node.'],
  deaths: ['anillo_ring_deaths_total', 'Members that this node declared dead.'],
  returns: ['anillo_ring_returns_total', 'Members that answered after this node had declared them dead.'],
  departures: ['anillo_ring_departures_total', 'Members that told this node that they leave.'],
  merges: [
    'anillo_ring_merges_total',
    'Nodes thought dead, or found in another ring, that became neighbours: parts of a ring that are one again.',
  ],
  doubts: ['anillo_ring_doubts_total', 'Times that this node claimed no key until it was sure of its place.'],
  orphanings: ['anillo_ring_orphanings_total', 'Times that every successor of this node was gone.'],
};

/** Labels of `anillo_ring_invariant_holds`. */
const INVARIANTS: Readonly<Record<keyof RingFigures['check'], string>> = {
  listInOrder: 'list_in_order',
  listWithoutRepeats: 'list_without_repeats',
  listWithoutSelf: 'list_without_self',
  listWithinBound: 'list_within_bound',
  predecessorIsAnother: 'predecessor_is_another',
  headPointsBack: 'head_points_back',
  listFollowsHead: 'list_follows_head',
};

/** @param read asked at each look at the metrics */
export function measureRing(registry: Registry, read: () => RingFigures): void {
  measureStanding(registry, read);
  measureHistory(registry, read);
  measureTotal(registry, 'anillo_ring_sent_bytes_total', 'Bytes of ring messages sent, bodies.', () => {
    return ringTraffic.sentBytes;
  });
  measureTotal(
    registry,
    'anillo_ring_received_bytes_total',
    'Bytes of ring messages received, bodies.',
    () => {
      return ringTraffic.receivedBytes;
    },
  );
}

function measureStanding(registry: Registry, read: () => RingFigures): void {
  const gauge = (name: string, help: string, value: (figures: RingFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value(read()));
      },
    });
  };
  gauge('anillo_ring_member', '1 while this node has its place on the ring.', ({ isMember }) => +isMember);
  gauge('anillo_ring_in_doubt', '1 while this node claims no key.', ({ isInDoubt }) => +isInDoubt);
  gauge('anillo_ring_size_nodes', 'Nodes on the ring, as this node estimates.', (read) => read.estimatedSize);
  gauge('anillo_ring_successors', 'Entries of the successor list.', ({ successors }) => successors);
  gauge('anillo_ring_successors_max', 'Entries that the list has room for, r.', (read) => read.successorsMax);
  new Gauge({
    name: 'anillo_ring_members',
    help: 'Members that this node knows of, by what it thinks of them.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(read().members)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'anillo_ring_invariant_holds',
    help: '1 where what this node can see of an invariant of the ring holds; absent while it cannot see it.',
    labelNames: ['invariant'],
    registers: [registry],
    collect() {
      const { check } = read();
      this.reset();
      for (const [key, invariant] of Object.entries(INVARIANTS)) {
        const holds = check[key as keyof typeof check];
        if (holds !== null) this.set({ invariant }, +holds);
      }
    },
  });
}

function measureHistory(registry: Registry, read: () => RingFigures): void {
  for (const [key, [name, help]] of Object.entries(COUNTERS))
    measureTotal(registry, name, help, () => read().counts[key as keyof Counts]);
  measureTotal(
    registry,
    'anillo_ring_lookup_hops_total',
    'Calls that led lookups of this node to the owner.',
    () => read().lookups.hops,
  );
  new Counter({
    name: 'anillo_ring_lookups_total',
    help: 'Lookups that this node made, by outcome.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      const { found, failed } = read().lookups;
      this.reset();
      this.inc({ outcome: 'found' }, found);
      this.inc({ outcome: 'failed' }, failed);
    },
  });
}
