/** `anillo ls`: the files of a node, or of all. */
import { baseOf } from '../../client/http.ts';
import type { KnownNode } from '../../client/known-node.ts';
import { inTurns } from '../../client/network-view.ts';
import { NodeClient } from '../../client/node-client.ts';
import type { ListedFile } from '../../client/schemas/shared.ts';
import { Problem } from '../../problems/problem.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { humanAge, humanSize } from '../human.ts';
import { problemText } from '../problem-text.ts';
import { printable } from '../text.ts';

type Listed = ListedFile & { readonly node: { readonly id: string; readonly address: string } };

export const declareLs: Declare = (command, program) => {
  command.action(
    program.act(async (context, [name]) => {
      const { output } = context;
      const view = await context.view();
      const nodes =
        name === undefined ? await present(context, await view.nodes()) : [await view.resolveNode(name)];
      const lists = await inTurns(nodes, (node) => filesOf(context, node, name !== undefined));
      const files = lists.flat().sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      output.result({ files }, () => show(context, files));
    }),
  );
};

/** Those that may answer. @throws Problem `no_nodes` */
async function present({ output, say }: Context, nodes: readonly KnownNode[]): Promise<readonly KnownNode[]> {
  const away = nodes.filter((node) => node.state === 'inactive');
  if (nodes.length === away.length) throw new Problem('no_nodes');
  if (away.length > 0) {
    output.note(say('ls.away', { nodes: away.map((node) => printable(node.address)).join(' ') }));
  }
  return nodes.filter((node) => node.state !== 'inactive');
}

/** @param required whether a failure ends the command, or only leaves this node's files out, aloud */
async function filesOf(context: Context, node: KnownNode, required: boolean): Promise<readonly Listed[]> {
  const client = new NodeClient(context.http, baseOf(node.address));
  const files: Listed[] = [];
  let cursor: string | undefined;
  try {
    do {
      const page = await client.files(cursor);
      for (const file of page.files) files.push({ ...file, node: { id: node.id, address: node.address } });
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  } catch (error) {
    if (required || !(error instanceof Problem) || error.code === 'interrupted') throw error;
    context.output.warn(`${printable(node.address)}: ${problemText(error, context.say)}`);
  }
  return files;
}

function show({ output, say }: Context, files: readonly Listed[]): void {
  if (files.length === 0) {
    output.note(say('ls.none'));
    return;
  }
  const now = Date.now();
  output.table(
    [
      { title: say('column.name'), shrinks: true },
      { title: say('column.size'), align: 'right' },
      { title: say('column.modified') },
      { title: say('column.node'), shrinks: true },
      { title: say('column.kept') },
      { title: say('column.cid') },
    ],
    files.map((file) => [
      printable(file.name),
      humanSize(file.size, say.language),
      humanAge(file.modified, now, say.language),
      printable(file.node.address),
      say(`why.${file.why}`),
      printable(file.cid),
    ]),
  );
}
