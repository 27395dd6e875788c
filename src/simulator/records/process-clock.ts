/** The time of one simulated process: its node's clocks, and timers that wait while it is paused and end with it. */
import type { Clock } from '../../services/dht/records/clock.ts';
import type { Schedule } from '../schedule.ts';
import type { SimulatedNode } from '../simulated-node.ts';
import type { Turns } from './turns.ts';

export class ProcessClock implements Clock {
  readonly #node: SimulatedNode;
  readonly #schedule: Schedule;
  readonly #turns: Turns;

  constructor(node: SimulatedNode, schedule: Schedule, turns: Turns) {
    this.#node = node;
    this.#schedule = schedule;
    this.#turns = turns;
  }

  monotonicMs(): number {
    return this.#node.nowMs;
  }

  wallMs(): number {
    return this.#node.wallMs;
  }

  after(delayMs: number, act: () => void): () => void {
    let isOpen = true;
    const run = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#turns.due();
      act();
    };
    const happen = () => {
      if (isOpen) this.#node.act(run);
    };
    this.#schedule.after(Math.max(0, delayMs) / this.#node.clock.rate, { happen });
    return () => {
      isOpen = false;
    };
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.after(0, resolve));
  }
}
