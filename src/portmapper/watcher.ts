/** One timer that judges every node's silence, and knows when it was the portmapper itself that stood still. */
import type { Logger } from 'pino';
import { afterPause, afterSilence, type Timings } from './availability.ts';
import type { Clock } from './clock.ts';
import type { KnownNode, Registry } from './registry.ts';

/** Adds at most this to the time in which a death shows. Judging 10,000 nodes takes about a millisecond. */
const TICK_MS = 500;
/**
 * A tick that is late by more than this share of (suspect - interval) means that the portmapper stood still. Below it,
 * a heartbeat that waits unread in a socket still counts in time: 2 s between heartbeats + 2 s < 4.5 s.
 */
const PAUSE_SHARE = 0.8;
/** Both clocks went apart by more than this between two ticks: the time of day was set. */
const CLOCK_JUMP_MS = 2_000;
/** What may be lost when the portmapper is killed: times last seen and totals, never a state. */
const SAVE_EVERY_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;

export interface WatcherOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly timings: Timings;
  readonly log: Logger;
}

export class Watcher {
  readonly #options: WatcherOptions;
  #timer: NodeJS.Timeout | null = null;
  #lastMonotonicMs: number;
  #lastUnixMs: number;
  #savedMs: number;
  #forgotMs: number;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#lastMonotonicMs = options.clock.monotonicMs();
    this.#lastUnixMs = options.clock.unixMs();
    this.#savedMs = this.#lastMonotonicMs;
    this.#forgotMs = Number.NEGATIVE_INFINITY;
  }

  start(): void {
    const everyMs = Math.min(TICK_MS, this.#options.timings.heartbeatIntervalMs);
    this.#timer = setInterval(() => this.#tickSafely(), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Judges everybody by the time that it is now. */
  tick(): void {
    const { registry, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    const unixMs = clock.unixMs();
    this.#noteInterruption(nowMs, unixMs);
    this.#judge(nowMs, unixMs);
    registry.watch.extend(unixMs);
    this.#lastMonotonicMs = nowMs;
    this.#lastUnixMs = unixMs;
    this.#write(nowMs, unixMs);
  }

  /** A disk that is full must not end the portmapper: what could not be written stays to be written. */
  #tickSafely(): void {
    try {
      this.tick();
    } catch (error) {
      this.#options.log.error({ err: error }, 'the registry could not be written');
    }
  }

  #noteInterruption(nowMs: number, unixMs: number): void {
    const { registry, timings, log } = this.#options;
    const pauseMs = (timings.suspectAfterMs - timings.heartbeatIntervalMs) * PAUSE_SHARE;
    const elapsedMs = nowMs - this.#lastMonotonicMs;
    const jumpMs = unixMs - this.#lastUnixMs - elapsedMs;
    if (elapsedMs <= pauseMs && Math.abs(jumpMs) <= CLOCK_JUMP_MS) return;
    log.warn({ pausedMs: Math.round(elapsedMs), jumpMs: Math.round(jumpMs) }, 'the portmapper stood still');
    if (unixMs < this.#lastUnixMs) registry.setBack(unixMs);
    else registry.watch.interrupt(unixMs);
    const pausedMs = elapsedMs > pauseMs ? elapsedMs : 0;
    for (const node of registry.nodes()) {
      registry.place(node, afterPause(node.presence, pausedMs, nowMs, timings), unixMs);
    }
  }

  #judge(nowMs: number, unixMs: number): void {
    const { registry, timings } = this.#options;
    for (const node of registry.nodes()) {
      const presence = afterSilence(node.presence, nowMs, timings);
      if (presence === node.presence) continue;
      registry.place(node, presence, unixMs);
      this.#tell(node);
    }
  }

  #write(nowMs: number, unixMs: number): void {
    const { registry } = this.#options;
    if (nowMs - this.#forgotMs >= FORGET_EVERY_MS) {
      registry.forget(unixMs);
      this.#forgotMs = nowMs;
    } else if (registry.hasNews || nowMs - this.#savedMs >= SAVE_EVERY_MS) {
      registry.save();
      this.#savedMs = nowMs;
    }
  }

  #tell({ id, address, presence }: KnownNode): void {
    this.#options.log.info({ node: id, address, state: presence.state }, 'a node fell silent');
  }
}
