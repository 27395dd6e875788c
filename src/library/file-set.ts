/** Row numbers that a scan has met, one bit each: a map of 100,000 paths would cost a hundred times as much. */

const FIRST_BYTES = 4_096;

export class FileSet {
  #bits = new Uint8Array(FIRST_BYTES);

  add(id: number): void {
    const index = Math.floor(id / 8);
    if (index >= this.#bits.length) {
      const larger = new Uint8Array(Math.max(index + 1, this.#bits.length * 2));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (id % 8));
  }

  has(id: number): boolean {
    return ((this.#bits[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0;
  }
}
