/** Every world met, as a row of small numbers, and from which it was reached. Compared whole: no two are taken for one. */
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

  constructor(width: number) {
    this.width = width;
  }

  /** Adds the row unless it is there. Returns whether it was new. */
  add(row: Int32Array, parent: number): boolean {
    const mask = this.slots.length - 1;
    let slot = hashOf(row, 0, this.width) & mask;
    for (let index = this.slots[slot] as number; index !== -1; index = this.slots[slot] as number) {
      if (this.isAt(index, row)) return false;
      slot = (slot + 1) & mask;
    }
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

  private isAt(index: number, row: Int32Array): boolean {
    const chunk = this.rows[index >>> CHUNK_BITS] as Int32Array;
    const start = (index & (CHUNK_ROWS - 1)) * this.width;
    for (let i = 0; i < this.width; i++) if (chunk[start + i] !== row[i]) return false;
    return true;
  }

  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let index = 0; index < this.size; index++) {
      const start = (index & (CHUNK_ROWS - 1)) * this.width;
      let slot = hashOf(this.rows[index >>> CHUNK_BITS] as Int32Array, start, this.width) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.slots = slots;
  }
}

function hashOf(row: Int32Array, start: number, width: number): number {
  let hash = 0x9e3779b9;
  for (let i = 0; i < width; i++) {
    hash = Math.imul(hash ^ (row[start + i] as number), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
