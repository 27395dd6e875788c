/** The moment at which a timer of a node's core is due. */
import type { Happening } from './schedule.ts';

export interface TimerOwner {
  ring(timer: TimerDue): void;
}

/** A timer of a node's core, planned. The core's own table says whether it still holds. One that was due may be planned anew. */
export class TimerDue implements Happening {
  timerId = '';
  /** By the node's own clock. */
  at = 0;
  readonly #node: TimerOwner;

  constructor(node: TimerOwner) {
    this.#node = node;
  }

  happen(): void {
    this.#node.ring(this);
  }
}
