/** The ring when a run is over, as something to draw. */
import type { Identifier } from '../ring/identifier.ts';
import type { SimulatedNode } from './simulated-node.ts';

export type RingAtEnd = readonly {
  readonly id: Identifier;
  readonly address: string;
  /** `suspect`: somebody holds it for suspect. `inactive`: it runs and has no place in the ring. */
  readonly state: 'active' | 'suspect' | 'inactive';
  readonly successors: readonly Identifier[];
}[];

export function ringAtEnd(nodes: readonly SimulatedNode[]): RingAtEnd {
  const running = nodes.filter(({ isRunning, state }) => isRunning && state.phase !== 'left');
  const suspects = new Set<Identifier>();
  for (const { state } of running)
    for (const { contact, health } of state.members.values())
      if (health === 'suspect') suspects.add(contact.id);
  return running
    .map(({ contact: { id, address }, state: { phase, successors } }) => ({
      id,
      address,
      state:
        phase !== 'member'
          ? ('inactive' as const)
          : suspects.has(id)
            ? ('suspect' as const)
            : ('active' as const),
      successors: successors.map((contact) => contact.id),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
