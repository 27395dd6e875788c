/**
 * Every world met, as a row of small numbers, and from which it was reached. Compared whole: no two are taken for one. One
 * number counts what failed so far: a world like one met with fewer failures can do nothing that the other cannot do too, and
 * looks the same to every property; it counts as met.
 */
const CHUNK_BITS = 18;
const CHUNK_ROWS = 2 ** CHUNK_BITS;
const FIRST_SLOTS = 2 ** 16;
const LOAD_MAX = 0.6;

export class WorldStore {
  readonly width: number;
  private readonly rows: Int32Array[] = [];
  private readonly parents: Int32Array[] = [];
  private slots = new Int32Array(FIRST_SLOTS).fill(-1);
  size = 0;

  private readonly failuresAt: number;

  /** @param failuresAt where in a row it says what failed: two counts, of 8 bits each */
  constructor(width: number, failuresAt: number) {
    this.width = width;
    this.failuresAt = failuresAt;
  }

  /** Adds the row unless it, or one with fewer failures, is there. Returns whether it was new. */
  add(row: Int32Array, parent: number): boolean {
    const slot = this.slotOf(row);
    if (this.slots[slot] !== -1) return false;
    const index = this.size++;
    const at = index & (CHUNK_ROWS - 1);
    if (at === 0) {
      this.rows.push(new Int32Array(CHUNK_ROWS * this.width));
      this.parents.push(new Int32Array(CHUNK_ROWS));
    }
    this.rows[index >>> CHUNK_BITS]?.set(row, at * this.width);
    (this.parents[index >>> CHUNK_BITS] as Int32Array)[at] = parent;
    this.slots[slot] = index;
    if (this.size > this.slots.length * LOAD_MAX) this.grow();
    return true;
  }

  /** -1 when it is not there. */
  find(row: Int32Array): number {
    return this.slots[this.slotOf(row)] as number;
  }

  read(index: number, row: Int32Array): void {
    const start = (index & (CHUNK_ROWS - 1)) * this.width;
    row.set((this.rows[index >>> CHUNK_BITS] as Int32Array).subarray(start, start + this.width));
  }

  /** -1 for a world to start from. */
  parent(index: number): number {
    return (this.parents[index >>> CHUNK_BITS] as Int32Array)[index & (CHUNK_ROWS - 1)] as number;
  }

  get bytes(): number {
    return this.rows.length * CHUNK_ROWS * (this.width + 1) * 4 + this.slots.byteLength;
  }

  /** Where it is, or one that covers it, or else where it belongs. */
  private slotOf(row: Int32Array): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = this.hashOf(row, 0) & mask;
    for (let index = slots[slot] as number; index !== -1; index = slots[slot] as number) {
      if (this.covers(index, row)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private covers(index: number, row: Int32Array): boolean {
    const { width, failuresAt } = this;
    const chunk = this.rows[index >>> CHUNK_BITS] as Int32Array;
    const start = (index & (CHUNK_ROWS - 1)) * width;
    for (let i = 0; i < width; i++) if (i !== failuresAt && chunk[start + i] !== row[i]) return false;
    const before = chunk[start + failuresAt] as number;
    const now = row[failuresAt] as number;
    return before >> 8 <= now >> 8 && (before & 255) <= (now & 255);
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      const start = (index & (CHUNK_ROWS - 1)) * this.width;
      let slot = this.hashOf(this.rows[index >>> CHUNK_BITS] as Int32Array, start) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.slots = slots;
  }

  private hashOf(row: Int32Array, start: number): number {
    let hash = 0x9e3779b9;
    for (let i = 0; i < this.width; i++) {
      if (i === this.failuresAt) continue;
      hash = Math.imul(hash ^ (row[start + i] as number), 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }
}
