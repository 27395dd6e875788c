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
  readonly #shut = new Set<string>();
  #sideOf: ((address: string) => number) | null = null;

  constructor(schedule: Schedule, random: Random, conditions: NetworkConditions) {
    this.#schedule = schedule;
    this.#random = random;
    this.conditions = conditions;
  }

  /** A request opens the way to `to`; its answer comes back on the same one. */
  deliver(from: string, to: string, kind: 'request' | 'answer', arrive: () => void): void {
    this.sent++;
    const { latencyMinMs, latencyMaxMs, loss } = this.conditions;
    const delayMs = latencyMinMs + this.#random() * (latencyMaxMs - latencyMinMs);
    const isLost = this.#random() < loss;
    if (isLost || !this.isOpen(from, to) || (kind === 'request' && this.#shut.has(to))) return;
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

  /** It speaks to others, and nobody can open a way to it: a wrong address, a firewall. */
  shut(address: string): void {
    this.#shut.add(address);
  }

  /** Nodes hear only those on their own side. */
  partition(sideOf: (address: string) => number): void {
    this.#sideOf = sideOf;
  }

  heal(): void {
    this.#cuts.clear();
    this.#shut.clear();
    this.#sideOf = null;
  }
}
