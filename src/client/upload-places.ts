/**
 * Where the files of one command may go, best first: all to one node, so that a tree stays together, and to the next when
 * that one is away, full or suspended. One that is busy is asked again after the time that it said.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '../problems/problem.ts';
import { baseOf, type HttpClient } from './http.ts';
import { REACH_TIMEOUT_MS, REACH_TRIES, type Target } from './network-view.ts';
import { NodeClient } from './node-client.ts';

/** What a node says that takes no further file of this command either. */
const TAKES_NOTHING = new Set(['node_away', 'no_space', 'suspended']);
/** A connection that broke half-way is worth one more try; the node kept nothing of the first. */
const TRIES_BROKEN = 2;
const TRIES_BUSY = 6;
const BUSY_DEFAULT_MS = 1_000;
const BUSY_MAX_MS = 5_000;

interface Place {
  readonly target: Target;
  /** It has answered in this command. */
  wasThere: boolean;
  /** Why it takes nothing more of this command. */
  closed: Problem | null;
  freeFromMs: number;
}

export class UploadPlaces {
  readonly #http: HttpClient;
  readonly #signal: AbortSignal;
  readonly #places: readonly Place[];

  /** @param signal ends a wait for a busy node as `interrupted` */
  constructor(http: HttpClient, targets: readonly Target[], signal: AbortSignal) {
    this.#http = http;
    this.#signal = signal;
    this.#places = targets.map((target) => ({ target, wasThere: false, closed: null, freeFromMs: 0 }));
  }

  /** The way of one file through the places. @param first the upload service that has a part of it, asked before the others */
  course(first: string | null = null): UploadCourse {
    const isFirst = ({ target }: Place) => target.upload === first;
    const places = [...this.#places.filter(isFirst), ...this.#places.filter((place) => !isFirst(place))];
    return new UploadCourse(places, (place) => this.#makeReady(place));
  }

  /** Waits until it may be asked. @returns whether it is there @throws Problem `interrupted` */
  async #makeReady(place: Place): Promise<boolean> {
    const waitMs = place.freeFromMs - performance.now();
    if (waitMs > 0) await this.#wait(waitMs);
    place.wasThere ||= await new NodeClient(this.#http, baseOf(place.target.upload)).isThere(
      REACH_TIMEOUT_MS,
      REACH_TRIES,
    );
    return place.wasThere;
  }

  async #wait(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#signal });
    } catch (error) {
      throw new Problem('interrupted', {}, error);
    }
  }
}

export class UploadCourse {
  readonly #places: readonly Place[];
  readonly #makeReady: (place: Place) => Promise<boolean>;
  readonly #broken = new Map<Place, number>();
  readonly #busy = new Map<Place, number>();
  /** Not asked again for this file, each with what it said last. */
  readonly #passed = new Map<Place, Problem>();
  #current: Place | null = null;

  constructor(places: readonly Place[], makeReady: (place: Place) => Promise<boolean>) {
    this.#places = places;
    this.#makeReady = makeReady;
  }

  /** The next node to send the file to. @throws Problem when none is left: `node_away` (all), or what one said */
  async next(): Promise<Target> {
    for (;;) {
      const place = this.#choose();
      if (place === null) throw this.#exhausted();
      if (await this.#makeReady(place)) {
        this.#current = place;
        return place.target;
      }
      place.closed = new Problem('node_away', { node: place.target.address });
    }
  }

  /** Whether the file may be sent once more, there or elsewhere, after `problem` with the node that was last chosen. */
  goesOnAfter(problem: Problem): boolean {
    const place = this.#current;
    if (place === null) return false;
    const { code } = problem;
    if (code === 'busy') this.#postpone(place, problem);
    else if (code === 'unreachable') this.#breakOff(place, problem);
    else if (code === 'deadline') this.#passed.set(place, problem);
    else if (TAKES_NOTHING.has(code)) place.closed = problem;
    else return false;
    return true;
  }

  /** The first that is free, else the one that is free soonest. */
  #choose(): Place | null {
    const open = this.#places.filter((place) => place.closed === null && !this.#passed.has(place));
    const now = performance.now();
    return open.reduce<Place | null>(
      (best, place) =>
        best === null || Math.max(place.freeFromMs, now) < Math.max(best.freeFromMs, now) ? place : best,
      null,
    );
  }

  #postpone(place: Place, problem: Problem): void {
    const { seconds } = problem.details;
    const saidMs = typeof seconds === 'number' ? seconds * 1000 : BUSY_DEFAULT_MS;
    place.freeFromMs = performance.now() + Math.min(saidMs, BUSY_MAX_MS);
    if (counted(this.#busy, place) >= TRIES_BUSY) this.#passed.set(place, problem);
  }

  #breakOff(place: Place, problem: Problem): void {
    place.wasThere = false; // Asked anew before the next try.
    if (counted(this.#broken, place) >= TRIES_BROKEN) this.#passed.set(place, problem);
  }

  #exhausted(): Problem {
    const said = this.#places.flatMap((place) => this.#passed.get(place) ?? place.closed ?? []);
    const telling = said.find(({ code }) => code !== 'node_away');
    const node = this.#places.map(({ target }) => target.address).join(', ');
    return telling ?? new Problem('node_away', { node });
  }
}

function counted(tally: Map<Place, number>, place: Place): number {
  const count = (tally.get(place) ?? 0) + 1;
  tally.set(place, count);
  return count;
}
