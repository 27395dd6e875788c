/** Random walks through worlds beyond the bounds that can be searched whole. One seed, one walk. */
import type { Random } from '../ring/effect.ts';
import type { RingParameters } from '../ring/parameters.ts';
import type { Action } from './action.ts';
import { actionsOf, take } from './actions.ts';
import type { Bounds } from './bounds.ts';
import { NodeTable } from './node-table.ts';
import { dispute, Properties, type Violation } from './properties.ts';
import { startIdeal } from './start.ts';
import { World } from './world.ts';

export interface WalkResult {
  readonly steps: number;
  /** Steps after which two answered for one key. */
  readonly disputed: number;
  readonly violation: Violation;
  /** What happened up to the violation; empty when there is none. */
  readonly actions: readonly Action[];
}

/** Beyond so many states of single nodes, at about 6 KiB, the table is begun anew: four walkers have room in one process. */
const NODE_STATES_MAX = 100_000;

export class Walker {
  readonly bounds: Bounds;
  private readonly parameters: RingParameters;
  private readonly properties: Properties;
  private readonly row: Int32Array;
  world: World;

  constructor(parameters: RingParameters, bounds: Bounds) {
    this.parameters = parameters;
    this.bounds = bounds;
    this.properties = new Properties(bounds.places);
    this.world = new World(new NodeTable(bounds.places, parameters), bounds);
    this.row = new Int32Array(this.world.width);
  }

  /** At most `stepsMax` steps from an ideal ring, or until a violation. */
  walk(start: readonly number[], random: Random, stepsMax: number): WalkResult {
    if (this.world.table.size > NODE_STATES_MAX)
      this.world = new World(new NodeTable(this.bounds.places, this.parameters), this.bounds);
    const { world, properties, bounds } = this;
    startIdeal(world, start);
    const actions: Action[] = [];
    let disputed = 0;
    let principals = properties.principals(world);
    for (let steps = 0; steps < stepsMax; steps++) {
      const taken = this.takeAny(random);
      if (taken === null) return { steps, disputed, violation: null, actions: [] };
      actions.push(taken);
      const after = properties.principals(world);
      const violation =
        properties.violation(world, after, bounds.keepsPrincipals) ??
        properties.lostPrincipal(principals, after, taken, bounds);
      if (violation !== null) return { steps: steps + 1, disputed, violation, actions };
      principals = after;
      if (bounds.keepsPrincipals && dispute(world) !== null) disputed++;
    }
    return { steps: stepsMax, disputed, violation: null, actions: [] };
  }

  /** One of the things that may happen, each as likely as another; null when nothing may. */
  private takeAny(random: Random): Action | null {
    const { world, properties, bounds } = this;
    const choices = actionsOf(world);
    const { row } = this;
    world.writeRow(row);
    while (choices.length > 0) {
      const at = Math.floor(random() * choices.length);
      const action = choices[at] as Action;
      if (take(world, action, properties) && world.letters.length <= bounds.messagesMax) return action;
      world.readRow(row);
      choices[at] = choices[choices.length - 1] as Action;
      choices.pop();
    }
    return null;
  }
}
