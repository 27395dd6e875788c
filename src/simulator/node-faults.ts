/** Faults of single nodes, one after the other, as a run drew them. */
import { JUMP_MAX_MS } from './node-clock.ts';
import { sample } from './random.ts';
import type { Run } from './run.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { FaultKind } from './swarm.ts';

const CUT_MIN_MS = 2_000;
const CUT_MAX_MS = 30_000;
const AWAY_MAX_MS = 10_000;
/** A network does not shrink below this share of what it began with. */
const LEAST_SHARE = 0.5;

type Act = (run: Run, node: SimulatedNode) => void;

const ACTS: Partial<Record<FaultKind, Act>> = { crash, restart, leave, join, pause, clockJump, oneWayCuts };

/** Until `untilMs`, at most `most` times, one of the drawn kinds befalls one of the nodes, at moments by chance. */
export function befallNodes(run: Run, untilMs: number, most = Number.POSITIVE_INFINITY): void {
  let times = 0;
  const kinds = run.drawn.faults.filter((kind) => ACTS[kind] !== undefined);
  if (kinds.length === 0) return;
  run.repeat(run.drawn.faultEveryMs, untilMs, () => {
    if (++times > most) return;
    const kind = kinds[Math.floor(run.world.random() * kinds.length)] as FaultKind;
    const node = run.anyOf(run.members());
    if (node !== undefined) ACTS[kind]?.(run, node);
  });
}

function mayGo(run: Run): boolean {
  return run.members().length > Math.max(2, LEAST_SHARE * run.nodes);
}

/** Half of the crashed are refused at their address, half are silent. */
export function crash(run: Run, node: SimulatedNode): void {
  if (!mayGo(run)) return;
  if (run.world.random() < 0.5) run.world.kill(node);
  else run.world.crash(node);
}

export function leave(run: Run, node: SimulatedNode): void {
  if (mayGo(run)) run.world.leave(node);
}

export function join(run: Run): void {
  if (run.members().length < 2 * run.nodes) run.world.start(seedsFor(run));
}

/** Any three that live: what a configuration or a portmapper would name. */
export function seedsFor(run: Run): SimulatedNode[] {
  return sample(run.world.random, run.members(), 3);
}

/** Back under its own id after a while: at once, or when it has long been found dead; with what it had kept, or without. */
export function restart(run: Run, node: SimulatedNode): void {
  if (!mayGo(run)) return;
  const { world } = run;
  world.kill(node);
  const awayMs = world.random() < 0.5 ? 0 : world.random() * AWAY_MAX_MS;
  const withDisk = world.random() < 0.5;
  const again = (): void => {
    const seeds = seedsFor(run);
    if (seeds.length === 0) world.at(world.schedule.now + 1_000, again);
    else world.restart(node, seeds, { withDisk });
  };
  world.at(world.schedule.now + awayMs, again);
}

function pause({ world, drawn }: Run, node: SimulatedNode): void {
  node.pause();
  world.at(world.schedule.now + world.random() * drawn.pauseMaxMs, () => {
    if (node.isRunning) node.resume();
  });
}

function clockJump({ world }: Run, node: SimulatedNode): void {
  node.clock.jump((2 * world.random() - 1) * JUMP_MAX_MS);
}

function oneWayCuts(run: Run, node: SimulatedNode): void {
  const { world } = run;
  const other = run.anyOf(run.members());
  if (other === undefined || other === node) return;
  const [from, to] = [node.contact.address, other.contact.address];
  world.network.cut(from, to);
  const untilMs = world.schedule.now + CUT_MIN_MS + world.random() * (CUT_MAX_MS - CUT_MIN_MS);
  world.at(untilMs, () => world.network.mend(from, to));
}
