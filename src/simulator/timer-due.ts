/** The moment at which a timer of a node's core is due. */
import type { Happening } from './schedule.ts';

export interface TimerOwner {
  ring(timer: TimerDue): void;
}

/** A timer of a node's core, planned. The core's own table says whether it still holds. */
export class TimerDue implements Happening {
  readonly timerId: string;
  /** By the node's own clock. */
  readonly at: number;
  readonly #node: TimerOwner;

  constructor(node: TimerOwner, timerId: string, at: number) {
    this.#node = node;
    this.timerId = timerId;
    this.at = at;
  }

  happen(): void {
    this.#node.ring(this);
  }
}
