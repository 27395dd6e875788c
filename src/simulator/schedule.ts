/**
 * Virtual time: a heap, four children to a parent, of what happens when; at one moment, in the order in which it was
 * planned. Times and order stand in arrays of numbers, for it is the hottest place of the simulator.
 */

/** A thing that something is planned for. `kind` tells its happenings apart. */
export interface Happening {
  happen(kind: number): void;
}

/** Kinds are smaller than this: they share a number with the sequence. */
const KINDS = 16;
const FIRST_CAPACITY = 1024;

export class Schedule {
  /** Milliseconds since the run began. */
  now = 0;
  /** What is planned. */
  size = 0;
  #sequence = 0;
  #times = new Float64Array(FIRST_CAPACITY);
  /** sequence * KINDS + kind */
  #orders = new Float64Array(FIRST_CAPACITY);
  /** Where the thing stands in `#things`. */
  #slots = new Int32Array(FIRST_CAPACITY);
  readonly #things: (Happening | null)[] = [];
  #freeSlots = new Int32Array(FIRST_CAPACITY);
  #freeCount = 0;

  at(time: number, thing: Happening, kind = 0): void {
    if (this.size === this.#times.length) this.#grow();
    const slot = this.#freeCount > 0 ? (this.#freeSlots[--this.#freeCount] as number) : this.#things.length;
    this.#things[slot] = thing;
    const moment = Math.max(time, this.now);
    this.#siftUp(this.size++, moment, this.#sequence++ * KINDS + kind, slot);
  }

  after(delayMs: number, thing: Happening, kind = 0): void {
    this.at(this.now + delayMs, thing, kind);
  }

  /** Everything up to and including `time`. */
  runUntil(time: number): void {
    while (this.size > 0 && (this.#times[0] as number) <= time) this.#happenNext();
    this.now = time;
  }

  /** The next thing, if it is planned for `time` or before. */
  runNext(time: number): boolean {
    if (this.size === 0 || (this.#times[0] as number) > time) return false;
    this.#happenNext();
    return true;
  }

  #happenNext(): void {
    const slot = this.#slots[0] as number;
    const kind = (this.#orders[0] as number) % KINDS;
    this.now = this.#times[0] as number;
    const thing = this.#things[slot] as Happening;
    this.#things[slot] = null;
    this.#freeSlots[this.#freeCount++] = slot;
    const last = --this.size;
    if (last > 0)
      this.#siftDown(this.#times[last] as number, this.#orders[last] as number, this.#slots[last] as number);
    thing.happen(kind);
  }

  #siftUp(from: number, time: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 2;
      // What is planned last comes last among equals.
      if ((times[above] as number) <= time) break;
      times[at] = times[above] as number;
      orders[at] = orders[above] as number;
      slots[at] = slots[above] as number;
      at = above;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  #siftDown(time: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    const size = this.size;
    let at = 0;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= size) break;
      let least = first;
      let leastTime = times[first] as number;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child] as number;
        if (childTime > leastTime) continue;
        if (childTime === leastTime && (orders[child] as number) > (orders[least] as number)) continue;
        least = child;
        leastTime = childTime;
      }
      if (time < leastTime || (time === leastTime && order < (orders[least] as number))) break;
      times[at] = leastTime;
      orders[at] = orders[least] as number;
      slots[at] = slots[least] as number;
      at = least;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  #grow(): void {
    const capacity = 2 * this.#times.length;
    this.#times = copyInto(new Float64Array(capacity), this.#times);
    this.#orders = copyInto(new Float64Array(capacity), this.#orders);
    this.#slots = copyInto(new Int32Array(capacity), this.#slots);
    this.#freeSlots = copyInto(new Int32Array(capacity), this.#freeSlots);
  }
}

function copyInto<Numbers extends Float64Array | Int32Array>(target: Numbers, source: Numbers): Numbers {
  target.set(source);
  return target;
}
