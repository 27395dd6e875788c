/** The links between simulated nodes: how long a message takes, and whether it arrives. */
import type { Random } from '../ring/effect.ts';
import type { Schedule } from './schedule.ts';

export interface NetworkConditions {
  /** One way. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Share of messages lost, 0 to 1. */
  readonly loss: number;
}

export const CALM: NetworkConditions = { latencyMinMs: 0.2, latencyMaxMs: 2, loss: 0 };

export class Network {
  conditions: NetworkConditions;
  /** Messages put on the wire. */
  sent = 0;
  readonly #schedule: Schedule;
  readonly #random: Random;
  readonly #cuts = new Set<string>();
  #sideOf: ((address: string) => number) | null = null;

  constructor(schedule: Schedule, random: Random, conditions: NetworkConditions) {
    this.#schedule = schedule;
    this.#random = random;
    this.conditions = conditions;
  }

  deliver(from: string, to: string, arrive: () => void): void {
    this.sent++;
    const { latencyMinMs, latencyMaxMs, loss } = this.conditions;
    const delayMs = latencyMinMs + this.#random() * (latencyMaxMs - latencyMinMs);
    const isLost = this.#random() < loss;
    if (isLost || !this.isOpen(from, to)) return;
    this.#schedule.after(delayMs, arrive);
  }

  isOpen(from: string, to: string): boolean {
    if (this.#cuts.has(`${from}>${to}`)) return false;
    return this.#sideOf === null || this.#sideOf(from) === this.#sideOf(to);
  }

  /** One way only. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`);
  }

  /** Nodes hear only those on their own side. */
  partition(sideOf: (address: string) => number): void {
    this.#sideOf = sideOf;
  }

  heal(): void {
    this.#cuts.clear();
    this.#sideOf = null;
  }
}
