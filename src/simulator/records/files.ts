/** What the users of a network do: files that come, change and go, now and then. */
import { sample } from '../random.ts';
import type { Machine } from './machine.ts';
import type { RecordWorld } from './record-world.ts';

/** Of a hundred things that happen to files: so many are new ones, changes of old ones, and withdrawals. */
const NEW = 50;
const CHANGED = 30;

export class Files {
  readonly #world: RecordWorld;
  readonly #paths = new Map<Machine, string[]>();
  #count = 0;
  #isGoingOn = false;

  constructor(world: RecordWorld) {
    this.#world = world;
  }

  /** `count` files, spread over these machines. */
  add(count: number, machines: readonly Machine[] = this.#world.members()): void {
    for (let i = 0; i < count; i++) {
      const machine = machines[i % machines.length];
      if (machine !== undefined) this.#addTo(machine);
    }
  }

  /** Something happens to some file so often, until `rest`. */
  changeEvery(everyMs: number): void {
    this.#isGoingOn = true;
    const next = () => {
      if (!this.#isGoingOn) return;
      this.#change();
      this.#world.world.at(this.#world.now + everyMs * (0.5 + this.#world.world.random()), next);
    };
    next();
  }

  rest(): void {
    this.#isGoingOn = false;
  }

  #change(): void {
    const { random } = this.#world.world;
    const [machine] = sample(random, this.#world.members(), 1);
    if (machine === undefined) return;
    const draw = random() * 100;
    const [path] = sample(random, this.#paths.get(machine) ?? [], 1);
    if (draw < NEW || path === undefined) this.#addTo(machine);
    else if (draw < NEW + CHANGED) this.#world.publish(machine, path);
    else this.#world.withdraw(machine, path);
  }

  #addTo(machine: Machine): void {
    const path = `folder ${this.#count % 7}/file ${this.#count++}`;
    this.#paths.set(machine, [...(this.#paths.get(machine) ?? []), path]);
    this.#world.publish(machine, path);
  }
}
