/**
 * What Zave's proof assumes: r + 1 principals at every moment, no failure that takes somebody's last live successor, and
 * detection that is never wrong; so no partition either. In a run that obeys, the invariants hold always. Where a run does
 * not, it says since when and why, and the invariants must come back once the faults have ended (docs/ring.md, What must hold).
 */
export interface Breach {
  readonly atMs: number;
  readonly why: string;
}

export class Assumptions {
  /** From the first ring large enough until the first breach. */
  hold = false;
  readonly breaches: Breach[] = [];

  /** From an ideal ring with enough principals, and no fault that the proof excludes under way. */
  begin(): void {
    this.hold = true;
  }

  end(atMs: number, why: string): void {
    if (!this.hold) return;
    this.hold = false;
    this.breaches.push({ atMs, why });
  }
}
