/**
 * Breadth first through every world within the bounds: the first violation met has the shortest trace. Of worlds that differ
 * in names only (reduction.ts), or in how many failures are behind them (world-store.ts), one is explored.
 */
import type { RingParameters } from '../ring/parameters.ts';
import { actionsOf, take } from './actions.ts';
import type { Bounds } from './bounds.ts';
import { NodeTable } from './node-table.ts';
import { dispute, Properties, type Violation } from './properties.ts';
import { Reduction } from './reduction.ts';
import { startIdeal } from './start.ts';
import type { Step } from './trace.ts';
import { World } from './world.ts';
import { WorldStore } from './world-store.ts';

export interface SearchLimits {
  readonly statesMax: number;
  /** Asked from time to time, with the worlds met, those done with and the steps from a start; true ends the search. */
  readonly isOver: (met: number, done: number, depth: number) => boolean;
}

export interface SearchResult {
  readonly states: number;
  readonly transitions: number;
  /** States that a single node was in, and messages, all told. */
  readonly nodeStates: number;
  readonly messages: number;
  /** Steps from a start to the farthest world that was left. */
  readonly depth: number;
  /** Steps not taken, for more messages would have been under way than the bound allows. */
  readonly beyondMessages: number;
  /** Worlds in which a wrong owner answers for a key, within the assumptions. */
  readonly disputed: number;
  /** Every world within the bounds was met. */
  readonly isComplete: boolean;
  readonly violation: Violation;
  /** From a start to the violation, the shortest there is; empty when there is none. */
  readonly trace: readonly Step[];
  readonly storeBytes: number;
}

/** A reduced world that a trace leads through. */
interface Milestone {
  readonly row: Int32Array;
  readonly broken: string | null;
}

/** How often, in worlds, it is asked whether the search is over. */
const ASK_EVERY = 1024;

export class Search {
  readonly world: World;
  readonly properties: Properties;
  private readonly bounds: Bounds;
  private readonly store: WorldStore;
  private readonly reduction: Reduction;
  private readonly row: Int32Array;
  private transitions = 0;
  private beyondMessages = 0;
  private disputed = 0;
  private violation: Violation = null;
  private trace: readonly Step[] = [];

  constructor(parameters: RingParameters, bounds: Bounds) {
    this.bounds = bounds;
    this.world = new World(new NodeTable(bounds.places, parameters), bounds);
    this.properties = new Properties(bounds.places);
    const { table, width } = this.world;
    this.store = new WorldStore(width, bounds.places);
    this.reduction = new Reduction(table, bounds.places, width, bounds.keepsPrincipals);
    this.row = new Int32Array(this.world.width);
  }

  /** @param starts ideal rings, each by the places of its nodes */
  run(starts: readonly (readonly number[])[], limits: SearchLimits): SearchResult {
    const { store, world } = this;
    for (const places of starts) this.begin(places);
    const parentRow = new Int32Array(world.width);
    let depth = 0;
    let depthEnds = store.size;
    let next = 0;
    for (; next < store.size && this.violation === null; next++) {
      if (next === depthEnds) {
        depth++;
        depthEnds = store.size;
      }
      if (
        store.size >= limits.statesMax ||
        (next % ASK_EVERY === 0 && limits.isOver(store.size, next, depth))
      )
        break;
      store.read(next, parentRow);
      this.expand(parentRow, next);
    }
    return {
      states: store.size,
      transitions: this.transitions,
      nodeStates: world.table.size,
      messages: world.table.messages.size,
      depth,
      beyondMessages: this.beyondMessages,
      disputed: this.disputed,
      isComplete: next === store.size && this.violation === null,
      violation: this.violation,
      trace: this.trace,
      storeBytes: store.bytes,
    };
  }

  /** Reads a world met, by number, into `world` and `row`. */
  readWorld(index: number, row: Int32Array): void {
    this.store.read(index, row);
    this.world.readRow(row);
  }

  /** The number of the world met that stands for `world`, -1 when none does. */
  indexOfWorld(): number {
    if (!this.world.writeRow(this.row)) return -1;
    this.reduction.reduce(this.row);
    return this.store.find(this.row);
  }

  private begin(places: readonly number[]): void {
    const { world, properties, row } = this;
    if (this.violation !== null) return;
    startIdeal(world, places);
    world.writeRow(row);
    const start = row.slice();
    this.reduction.reduce(row);
    this.store.add(row, -1);
    this.violation = this.judge(properties.principals(world));
    if (this.violation !== null) this.trace = [{ action: null, row: start }];
  }

  private judge(principals: number): Violation {
    const { world, bounds } = this;
    const violation = this.properties.violation(world, principals, bounds.keepsPrincipals);
    if (violation !== null || !bounds.keepsPrincipals) return violation;
    const wrongOwner = dispute(world);
    if (wrongOwner !== null) this.disputed++;
    return bounds.ownersAgree ? wrongOwner : null;
  }

  /** Everything that may happen in one world. */
  private expand(parentRow: Int32Array, parent: number): void {
    const { world, properties, store, row, bounds } = this;
    world.readRow(parentRow);
    const before = properties.principals(world);
    for (const action of actionsOf(world)) {
      world.readRow(parentRow);
      if (!take(world, action, properties)) continue;
      this.transitions++;
      if (!world.writeRow(row)) {
        this.beyondMessages++;
        continue;
      }
      const after = properties.principals(world);
      this.reduction.reduce(row);
      const isNew = store.add(row, parent);
      const isToBeJudged = isNew || world.broken !== null;
      const violation =
        (isToBeJudged ? this.judge(after) : null) ?? properties.lostPrincipal(before, after, action, bounds);
      if (violation === null) continue;
      this.violation = violation;
      this.trace = this.traceBy([...this.pathTo(parent), { row: row.slice(), broken: world.broken }]);
      return;
    }
  }

  private pathTo(last: number): Milestone[] {
    const path: Milestone[] = [];
    for (let index = last; index !== -1; index = this.store.parent(index)) {
      const row = new Int32Array(this.world.width);
      this.store.read(index, row);
      path.unshift({ row, broken: null });
    }
    return path;
  }

  /** Only reduced worlds are kept: what led from one to the next is found again, under the names of the first. */
  private traceBy([first, ...path]: readonly Milestone[]): Step[] {
    if (first === undefined) throw new RangeError('nothing comes before a start');
    const steps: Step[] = [{ action: null, row: first.row }];
    let from = first.row;
    for (const milestone of path) {
      const step = this.stepTo(from, milestone);
      steps.push(step);
      from = step.row;
    }
    return steps;
  }

  private stepTo(from: Int32Array, { row: wanted, broken }: Milestone): Step {
    const { world, row } = this;
    world.readRow(from);
    for (const action of actionsOf(world)) {
      world.readRow(from);
      if (!take(world, action, this.properties) || !world.writeRow(row) || world.broken !== broken) continue;
      const reached = row.slice();
      this.reduction.reduce(row);
      if (row.every((value, i) => value === wanted[i])) return { action, row: reached };
    }
    throw new Error('a step of the trace cannot be found again');
  }
}
