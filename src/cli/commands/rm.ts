/** `anillo rm`: withdraw a publication; the file goes to the trash of its node first. */
import { matchName, plainName } from '../../client/file-choice.ts';
import type { KnownNode } from '../../client/known-node.ts';
import type { NetworkView } from '../../client/network-view.ts';
import { cidOf, SEARCH_LIMIT } from '../../client/resolve-file.ts';
import type { SearchAnswer, SearchResult } from '../../client/schemas/shared.ts';
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

export const declareRm: Declare = (command, program) => {
  command.action(
    program.act(async (context, [typed = '']) => {
      const { output, say } = context;
      const { node, cid, name } = await decide(context, typed);
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

async function decide(context: Context, typed: string): Promise<Withdrawal> {
  const view = await context.view();
  const cid = cidOf(typed);
  const file = plainName(typed);
  const answer = await view.search(file, SEARCH_LIMIT);
  const matches = cid === null ? matchName(file, answer) : matchCid(cid, answer);
  const node = (await actingNode(context)) ?? (await onlyPublisher(view, file, matches));
  const own = matches.find((result) => result.publisher === node.id);
  if (own === undefined) throw new Problem('not_yours', { what: `"${file}"` });
  return { node, cid: own.cid, name: cid === null ? own.name : undefined };
}

function matchCid(cid: string, { results, truncated }: SearchAnswer): readonly SearchResult[] {
  const matches = results.filter((result) => result.cid === cid);
  if (matches.length > 0) return matches;
  throw new Problem(truncated ? 'answer_incomplete' : 'not_found', { what: `"${cid}"` });
}

/** Without --node it is plain which publication is meant only when there is one. */
async function onlyPublisher(
  view: NetworkView,
  file: string,
  matches: readonly SearchResult[],
): Promise<KnownNode> {
  const candidates = [...new Set(matches.map((result) => result.publisher))];
  if (candidates.length > 1) throw new Problem('publisher_ambiguous', { name: file, candidates });
  return view.resolveNode(candidates[0] ?? '');
}
