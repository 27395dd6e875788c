/** The files of one simulated machine, and what of them still has to reach the ring; kept over restarts. */
import { PendingInMemory } from '../../services/dht/records/pending-in-memory.ts';

export class Catalog extends PendingInMemory {
  /** The content of a path; what was there before is withdrawn. */
  put(path: string, cid: string): void {
    const previous = this.cidOf(path);
    if (previous !== null) this.remove(path);
    this.publish({ path, cid, previous });
  }

  remove(path: string): void {
    const cid = this.cidOf(path);
    if (cid !== null) this.withdraw({ path, cid }, !this.holdsElsewhere(path, cid));
  }
}
