/** Descriptors that nodes have shown us, the newest life of each; bounded, the longest unseen going first. */
import type { NodeDescriptor } from '../../identity/descriptor.ts';

/** As many as a routing table of one hop has members. */
const DESCRIPTORS_MAX = 10_000;

interface Seen {
  readonly descriptor: NodeDescriptor;
  /** On the monotonic clock. */
  readonly atMs: number;
}

export class DescriptorCache {
  readonly #seen = new Map<string, Seen>();

  learn(descriptor: NodeDescriptor): void {
    const known = this.#seen.get(descriptor.id)?.descriptor;
    if (known !== undefined && isNewer(known, descriptor)) return;
    this.#seen.delete(descriptor.id);
    this.#seen.set(descriptor.id, { descriptor, atMs: performance.now() });
    if (this.#seen.size <= DESCRIPTORS_MAX) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      break;
    }
  }

  /** Also one that has expired: it still says where the node was. */
  get(id: string): NodeDescriptor | null {
    return this.#seen.get(id)?.descriptor ?? null;
  }

  /** Milliseconds since the descriptor was last shown; Infinity when there is none. */
  ageMs(id: string): number {
    const seen = this.#seen.get(id);
    return seen === undefined ? Number.POSITIVE_INFINITY : performance.now() - seen.atMs;
  }
}

function isNewer(known: NodeDescriptor, shown: NodeDescriptor): boolean {
  if (known.incarnation !== shown.incarnation) return known.incarnation > shown.incarnation;
  return known.expiresAtMs > shown.expiresAtMs;
}
