/** `anillo rm`: withdraw a publication; the file goes to the trash of its node first. */
import { matchName } from '../../client/file-choice.ts';
import type { KnownNode } from '../../client/known-node.ts';
import type { NetworkView } from '../../client/network-view.ts';
import { cidOf } from '../../client/resolve-file.ts';
import type { SearchResult } from '../../client/schemas/shared.ts';
import { Problem } from '../../problems/problem.ts';
import { actingNode, clientOf } from '../acting-node.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { printable } from '../text.ts';

interface Withdrawal {
  readonly node: KnownNode;
  readonly cid: string;
  /** Undefined: under whatever name the node has it. */
  readonly name: string | undefined;
}

const SEARCH_LIMIT = 1000;

export const declareRm: Declare = (command, program) => {
  command.action(
    program.act(async (context, [file = '']) => {
      const { output, say } = context;
      const { node, cid, name } = await decide(context, file);
      const { withdrawn } = await clientOf(context, node).withdraw(cid, name);
      output.result({ node: { id: node.id, address: node.address }, withdrawn }, () => {
        for (const { name: gone, trashId } of withdrawn) {
          const address = printable(node.address);
          output.line(say('rm.done', { name: printable(gone), node: address, id: trashId }));
        }
      });
    }),
  );
};

async function decide(context: Context, file: string): Promise<Withdrawal> {
  const view = await context.view();
  const cid = cidOf(file);
  const { results } = await view.search(file, SEARCH_LIMIT);
  const matches = cid === null ? matchName(file, results) : results.filter((result) => result.cid === cid);
  if (matches.length === 0) throw new Problem('not_found', { what: `"${file}"` });
  const node = (await actingNode(context)) ?? (await onlyPublisher(view, file, matches));
  const own = matches.find((result) => result.publisher === node.id);
  if (own === undefined) throw new Problem('not_yours', { what: `"${file}"` });
  return { node, cid: own.cid, name: cid === null ? own.name : undefined };
}

/** Without --node it is plain which publication is meant only when there is one. */
async function onlyPublisher(
  view: NetworkView,
  file: string,
  matches: readonly SearchResult[],
): Promise<KnownNode> {
  const publishers = [...new Set(matches.map((result) => result.publisher))];
  if (publishers.length > 1) {
    const candidates = publishers.map((publisher) => `  ${publisher}`).join('\n');
    throw new Problem('publisher_ambiguous', { name: file, candidates });
  }
  return view.resolveNode(publishers[0] ?? '');
}
