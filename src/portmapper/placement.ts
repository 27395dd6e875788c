/** Which nodes an upload should go to: those with room, the more room the likelier, on as many machines as there are. */
import type { Placement } from '../client/schemas/portmapper-routes.ts';
import { Problem } from '../problems/problem.ts';
import type { KnownNode } from './registry.ts';

/** Room that an upload must leave, so that a node can still write its catalog and records. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * @param active the active nodes
 * @param size of the file in bytes
 * @param random uniform in [0, 1)
 * @returns at most `replicas`; fewer when fewer have room
 * @throws Problem `no_nodes`, `no_space`
 */
export function placeUpload(
  active: readonly KnownNode[],
  size: number,
  replicas: number,
  random: () => number,
): Placement {
  const serving = active.filter((node) => node.descriptor.endpoints.upload !== null);
  if (serving.length === 0) throw new Problem('no_nodes');
  const withRoom = serving.filter(({ report }) => report.freeBytes >= size + RESERVE_BYTES);
  if (withRoom.length === 0) throw new Problem('no_space', { what: `${size} bytes`, where: 'in.any-node' });
  return { nodes: spread(inWeightedOrder(withRoom, random)).slice(0, replicas).map(toTarget) };
}

/** A random order in which a node with twice the free space comes first twice as often (Efraimidis, Spirakis 2006). */
function inWeightedOrder(nodes: readonly KnownNode[], random: () => number): KnownNode[] {
  return nodes
    .map((node) => ({ node, rank: -Math.log(1 - random()) / node.report.freeBytes }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ node }) => node);
}

/** The first node of each machine, then the second of each, and so on. */
function spread(nodes: readonly KnownNode[]): KnownNode[] {
  const seen = new Map<string, number>();
  return nodes
    .map((node, order) => {
      const host = node.address.slice(0, node.address.lastIndexOf(':'));
      const turn = seen.get(host) ?? 0;
      seen.set(host, turn + 1);
      return { node, turn, order };
    })
    .sort((one, other) => one.turn - other.turn || one.order - other.order)
    .map(({ node }) => node);
}

function toTarget({ id, address, descriptor, report }: KnownNode): Placement['nodes'][number] {
  return { id, address, upload: descriptor.endpoints.upload ?? address, freeBytes: report.freeBytes };
}
