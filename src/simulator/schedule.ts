/** Virtual time: a binary heap of what happens when; at one moment, in the order in which it was planned. */

interface Planned {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class Schedule {
  /** Milliseconds since the run began. */
  now = 0;
  #heap: Planned[] = [];
  #sequence = 0;

  at(time: number, run: () => void): void {
    this.#push({ at: Math.max(time, this.now), sequence: this.#sequence++, run });
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.now + delayMs, run);
  }

  /** Everything up to and including `time`. */
  runUntil(time: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at <= time; next = this.#heap[0]) {
      this.#pop();
      this.now = next.at;
      next.run();
    }
    this.now = time;
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above] as Planned;
      if (isBefore(parent, planned)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Planned;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Planned, heap[below] as Planned)) below++;
      if (isBefore(last, heap[below] as Planned)) break;
      heap[at] = heap[below] as Planned;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
