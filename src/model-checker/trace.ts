/** A trace: what happened, step by step, and how the ring stood after each. It can be taken again and told in words. */
import { type Action, lifeName, wordsFor } from './action.ts';
import { take } from './actions.ts';
import { textOfReply, textOfRequest } from './message-table.ts';
import type { NodeView } from './node-view.ts';
import type { Properties, Violation } from './properties.ts';
import { startIdeal } from './start.ts';
import type { World } from './world.ts';

/** An action, and the world it led to, as a row. The first step of a trace has no action. */
export interface Step {
  readonly action: Action | null;
  readonly row: Int32Array;
}

/** The steps of a walk: `world` takes them again from its start. */
export function retrace(
  world: World,
  properties: Properties,
  start: readonly number[],
  actions: readonly Action[],
): Step[] {
  startIdeal(world, start);
  const row = new Int32Array(world.width);
  world.writeRow(row);
  const steps: Step[] = [{ action: null, row: row.slice() }];
  for (const action of actions) {
    take(world, action, properties);
    world.writeRow(row);
    steps.push({ action, row: row.slice() });
  }
  return steps;
}

/** Two lines a step. Nodes are n0, n1, … in ring order, `n1.2` the second life of n1, `?` one in doubt. */
export function tell(world: World, trace: readonly Step[], violation: Violation): string[] {
  const lines = trace.map(({ action, row }, i) => {
    const what = action === null ? 'at first' : wordsFor(action, (message) => describe(world, message));
    world.readRow(row);
    const nodes = world.nodes.map((_, place) => describeNode(world.view(place)));
    return `${i}. ${what}\n   ${nodes.filter((text) => text !== '').join('  ')}`;
  });
  return violation === null ? lines : [...lines, violation];
}

function describe(world: World, number: number): string {
  const { messages, places } = world.table;
  const message = messages.get(number);
  const what = message.kind === 'request' ? textOfRequest(message.request) : textOfReply(message.reply);
  const named = places.ids.reduce((text, id, place) => text.replaceAll(`${id}.`, `n${place}.`), what);
  return `${named} from ${lifeName(places.life(message.from))} to ${lifeName(places.life(message.to))}`;
}

function describeNode(view: NodeView): string {
  const { life, isRunning, isMember, isIdle, isInDoubt, predecessor, successors } = view;
  if (!isRunning) return life % 16 === 0 ? '' : `${lifeName(life)} dead`;
  if (!isMember) return `${lifeName(life)} ${isIdle ? 'waits' : 'has no place'}`;
  const before = predecessor === null ? '-' : lifeName(predecessor);
  return `${before} < ${lifeName(life)}${isInDoubt ? '?' : ''} [${successors.map(lifeName).join(' ')}]`;
}
