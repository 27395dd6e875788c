/** Asks every node the same: what those say that answer, and who does not, which is said aloud. */
import type { KnownNode } from '../client/known-node.ts';
import { inTurns } from '../client/network-view.ts';
import type { NodeAddress } from '../client/schemas/shared.ts';
import { Problem } from '../problems/problem.ts';
import type { Context } from './context.ts';
import { problemText } from './problem-text.ts';
import { printable } from './text.ts';

export interface Answers<Answer> {
  readonly answers: readonly { readonly node: NodeAddress; readonly answer: Answer }[];
  /** Away, or failed: what they would have said is missing. */
  readonly unreached: readonly NodeAddress[];
}

/** When none of those asked has answered. */
export const EXIT_UNREACHED = 4;

/** The one that a person named: that it fails is the outcome. @throws Problem */
export async function askNamed<Answer>(
  node: KnownNode,
  ask: (node: KnownNode) => Promise<Answer>,
): Promise<Answers<Answer>> {
  return { answers: [{ node: addressOf(node), answer: await ask(node) }], unreached: [] };
}

/** @throws Problem `no_nodes` when all are known to be away; `interrupted` */
export async function askEach<Answer>(
  context: Context,
  nodes: readonly KnownNode[],
  ask: (node: KnownNode) => Promise<Answer>,
): Promise<Answers<Answer>> {
  const { output, say } = context;
  const away = nodes.filter((node) => node.state === 'inactive');
  const there = nodes.filter((node) => node.state !== 'inactive');
  if (there.length === 0) throw new Problem('no_nodes');
  if (away.length > 0) {
    output.note(say('nodes.unasked', { nodes: away.map(({ address }) => printable(address)).join(' ') }));
  }
  const unreached = away.map(addressOf);
  const outcomes = await inTurns(there, async (node) => {
    try {
      return [{ node: addressOf(node), answer: await ask(node) }];
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'interrupted') throw error;
      output.warn(`${printable(node.address)}: ${problemText(error, say)}`);
      unreached.push(addressOf(node));
      return [];
    }
  });
  return { answers: outcomes.flat(), unreached };
}

function addressOf({ id, address }: KnownNode): NodeAddress {
  return { id, address };
}
