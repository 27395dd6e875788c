/** The node that `--node` names, for commands that act on one node: a URL, or NODE. */
import { baseOf } from '../client/http.ts';
import type { KnownNode } from '../client/known-node.ts';
import { fromStatus } from '../client/known-node.ts';
import { NodeClient } from '../client/node-client.ts';
import type { Context } from './context.ts';
import { baseUrl, isUrl } from './settings.ts';

/** Null when `--node` was not said. @throws Problem `unknown_node`, `unreachable` */
export async function actingNode(context: Context): Promise<KnownNode | null> {
  const { node } = context.globals;
  if (node === undefined) return null;
  if (!isUrl(node) && !node.includes(':')) return context.portmapperView().resolveNode(node);
  return fromStatus(await new NodeClient(context.http, baseUrl(node, '--node')).status());
}

export function clientOf(context: Context, node: { readonly address: string }): NodeClient {
  return new NodeClient(context.http, baseOf(node.address));
}
