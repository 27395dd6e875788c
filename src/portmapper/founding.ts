/** Who may found the ring when there is none: one node at a time, so that nodes that start together make one ring. */

/** The chosen node has this long to report that it is on the ring; founding alone takes milliseconds. */
export const GRANT_MS = 5_000;

export class Founding {
  #holder: string | null = null;
  #lapsesMs = 0;
  /** When each node that waits asked last; entries older than a grant are dropped. */
  readonly #askedMs = new Map<string, number>();

  /** Whether `node`, which is not on a ring, may found one. Only to be asked while no node is. */
  mayFound(node: string, nowMs: number): boolean {
    this.#askedMs.set(node, nowMs);
    if (nowMs < this.#lapsesMs) return node === this.#holder;
    this.#forgetSilent(nowMs);
    // Whoever had its chance lets the others have theirs.
    const others = this.#askedMs.size > 1;
    if (node === this.#holder && others) return false;
    this.#holder = node;
    this.#lapsesMs = nowMs + GRANT_MS;
    return true;
  }

  /** A ring is there, or the holder went away: nobody waits for it any longer. */
  settle(node: string): void {
    this.#askedMs.delete(node);
    if (this.#holder === node) this.#lapsesMs = 0;
  }

  #forgetSilent(nowMs: number): void {
    for (const [node, atMs] of this.#askedMs) {
      if (nowMs - atMs > GRANT_MS) this.#askedMs.delete(node);
    }
  }
}
