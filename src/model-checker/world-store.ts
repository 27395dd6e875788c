/**
 * Every world met, and from which it was reached. Compared whole: no two are taken for one. One number counts what failed so
 * far: a world like one met with fewer failures can do nothing that the other cannot do too, and looks the same to every
 * property; it counts as met.
 *
 * Messages and failures are packed two to a word; with its slot and its origin a world of 4 places takes 40 to 55 bytes.
 */
const CHUNK_BITS = 18;
const CHUNK_ROWS = 2 ** CHUNK_BITS;
const FIRST_SLOTS = 2 ** 16;
const LOAD_MAX = 0.7;
/** Messages are told apart by so many numbers. */
const HALF_MAX = 0xffff;

export class WorldStore {
  private readonly width: number;
  /** Words of a packed row: the nodes, then what failed and the messages. */
  private readonly words: number;
  private readonly rows: Int32Array[] = [];
  private readonly parents: Int32Array[] = [];
  /** Two words each: a world, -1 for none, and the hash of its row, so that hardly any row is looked at in vain. */
  private slots = new Int32Array(2 * FIRST_SLOTS).fill(-1);
  private readonly packed: Int32Array;
  private hash = 0;
  size = 0;

  private readonly failuresAt: number;

  /** @param failuresAt where in a row it says what failed: two counts, of 8 bits each; messages follow, nodes come before */
  constructor(width: number, failuresAt: number) {
    this.width = width;
    this.failuresAt = failuresAt;
    this.words = failuresAt + Math.ceil((width - failuresAt) / 2);
    this.packed = new Int32Array(this.words);
  }

  /** Adds the row unless it, or one with fewer failures, is there. Returns whether it was new. */
  add(row: Int32Array, parent: number): boolean {
    const slot = this.slotOf(row);
    const { slots, words } = this;
    if (slots[slot] !== -1) return false;
    const index = this.size++;
    const at = index & (CHUNK_ROWS - 1);
    if (at === 0) {
      this.rows.push(new Int32Array(CHUNK_ROWS * words));
      this.parents.push(new Int32Array(CHUNK_ROWS));
    }
    const chunk = this.rows[index >>> CHUNK_BITS] as Int32Array;
    for (let i = 0; i < words; i++) chunk[at * words + i] = this.packed[i] as number;
    (this.parents[index >>> CHUNK_BITS] as Int32Array)[at] = parent;
    slots[slot] = index;
    slots[slot + 1] = this.hash;
    if (2 * this.size > slots.length * LOAD_MAX) this.grow();
    return true;
  }

  /** -1 when it is not there. */
  find(row: Int32Array): number {
    return this.slots[this.slotOf(row)] as number;
  }

  read(index: number, row: Int32Array): void {
    const { words, failuresAt, width } = this;
    const chunk = this.rows[index >>> CHUNK_BITS] as Int32Array;
    const start = (index & (CHUNK_ROWS - 1)) * words;
    for (let i = 0; i < failuresAt; i++) row[i] = chunk[start + i] as number;
    for (let i = failuresAt, at = start + failuresAt; i < width; i += 2, at++) {
      row[i] = (chunk[at] as number) >>> 16;
      if (i + 1 < width) row[i + 1] = (chunk[at] as number) & HALF_MAX;
    }
  }

  /** -1 for a world to start from. */
  parent(index: number): number {
    return (this.parents[index >>> CHUNK_BITS] as Int32Array)[index & (CHUNK_ROWS - 1)] as number;
  }

  get bytes(): number {
    return this.rows.length * CHUNK_ROWS * (this.words + 1) * 4 + this.slots.byteLength;
  }

  /** Where it is, or one that covers it, or else where it belongs. Leaves it in `packed` and `hash`. */
  private slotOf(row: Int32Array): number {
    this.pack(row);
    const { slots, hash } = this;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (let index = slots[slot] as number; index !== -1; index = slots[slot] as number) {
      if (slots[slot + 1] === hash && this.covers(index)) return slot;
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  private pack(row: Int32Array): void {
    const { packed, words, failuresAt, width } = this;
    for (let i = 0; i < failuresAt; i++) packed[i] = row[i] as number;
    for (let i = failuresAt, at = failuresAt; i < width; i += 2, at++) {
      const low = i + 1 < width ? (row[i + 1] as number) : 0;
      if ((row[i] as number) > HALF_MAX || low > HALF_MAX) throw new RangeError('too many messages to pack');
      packed[at] = ((row[i] as number) << 16) | low;
    }
    let hash = 0x9e3779b9;
    for (let i = 0; i < words; i++) {
      const word = packed[i] as number;
      hash = Math.imul(hash ^ (i === failuresAt ? word & HALF_MAX : word), 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash, 0xc2b2ae35);
    this.hash = hash ^ (hash >>> 16);
  }

  private covers(index: number): boolean {
    const { words, failuresAt, packed } = this;
    const chunk = this.rows[index >>> CHUNK_BITS] as Int32Array;
    const start = (index & (CHUNK_ROWS - 1)) * words;
    for (let i = 0; i < words; i++) if (i !== failuresAt && chunk[start + i] !== packed[i]) return false;
    const before = chunk[start + failuresAt] as number;
    const now = packed[failuresAt] as number;
    if ((before & HALF_MAX) !== (now & HALF_MAX)) return false;
    return before >>> 24 <= now >>> 24 && ((before >>> 16) & 255) <= ((now >>> 16) & 255);
  }

  private grow(): void {
    const { slots: before } = this;
    const slots = new Int32Array(before.length * 2).fill(-1);
    const mask = slots.length - 2;
    for (let from = 0; from < before.length; from += 2) {
      if (before[from] === -1) continue;
      const hash = before[from + 1] as number;
      let slot = (hash << 1) & mask;
      while (slots[slot] !== -1) slot = (slot + 2) & mask;
      slots[slot] = before[from] as number;
      slots[slot + 1] = hash;
    }
    this.slots = slots;
  }
}
