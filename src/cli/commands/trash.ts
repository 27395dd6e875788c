/** `anillo trash`: what was withdrawn and can still come back. */
import type { KnownNode } from '../../client/known-node.ts';
import { inTurns } from '../../client/network-view.ts';
import type { TrashList } from '../../client/schemas/node-routes.ts';
import { Problem } from '../../problems/problem.ts';
import { actingNode, clientOf } from '../acting-node.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { humanAge, humanSize } from '../human.ts';
import { problemText } from '../problem-text.ts';
import { printable } from '../text.ts';

interface TrashFlags {
  readonly restore?: string;
  readonly empty?: boolean;
}

interface Trash {
  readonly node: KnownNode;
  readonly entries: TrashList['entries'];
}

export const declareTrash: Declare = (command, program) => {
  const { say } = program;
  command.option('--restore <id>', say('trash.restore')).option('--empty', say('trash.empty'));
  command.action(
    program.act<TrashFlags>(async (context, _, { restore, empty }) => {
      if (restore !== undefined && empty) throw new Problem('usage', { reason: say('trash.one') });
      if (restore !== undefined) return restoreEntry(context, restore);
      if (empty) return emptyTrash(context);
      const trashes = await readTrashes(context);
      showTrashes(context, trashes);
    }),
  );
};

async function restoreEntry(context: Context, id: string): Promise<void> {
  const { output, say } = context;
  const holders = (await readTrashes(context)).flatMap(({ node, entries }) =>
    entries.filter((entry) => entry.id === id).map((entry) => ({ node, entry })),
  );
  const [found] = holders;
  if (found === undefined) throw new Problem('not_found', { what: `"${id}"` });
  if (holders.length > 1) throw new Problem('usage', { reason: say('trash.which') });
  const { node, entry } = found;
  await clientOf(context, node).restore(id);
  output.result({ restored: { ...entry, node: { id: node.id, address: node.address } } }, () =>
    output.line(say('trash.restored', { name: printable(entry.name), node: printable(node.address) })),
  );
}

/** Emptying is for good, so it needs to be plain whose trash it is. */
async function emptyTrash(context: Context): Promise<void> {
  const { output, say } = context;
  const nodes = await actingNodes(context);
  const [node] = nodes;
  if (node === undefined || nodes.length > 1) throw new Problem('usage', { reason: say('trash.which') });
  const client = clientOf(context, node);
  const { entries } = await client.trash();
  await client.emptyTrash();
  output.result({ emptied: entries.length, node: { id: node.id, address: node.address } }, () =>
    output.line(say('trash.emptied', { n: entries.length, node: printable(node.address) })),
  );
}

async function readTrashes(context: Context): Promise<readonly Trash[]> {
  const nodes = await actingNodes(context);
  const alone = nodes.length === 1;
  return inTurns(nodes, async (node) => {
    try {
      return { node, entries: (await clientOf(context, node).trash()).entries };
    } catch (error) {
      if (alone || !(error instanceof Problem) || error.code === 'interrupted') throw error;
      context.output.warn(`${printable(node.address)}: ${problemText(error, context.say)}`);
      return { node, entries: [] };
    }
  });
}

/** The node that `--node` names, else all that are there. */
async function actingNodes(context: Context): Promise<readonly KnownNode[]> {
  const node = await actingNode(context);
  if (node !== null) return [node];
  const nodes = await context.portmapperView().nodes();
  const there = nodes.filter(({ state }) => state !== 'inactive');
  if (there.length === 0) throw new Problem('no_nodes');
  return there;
}

function showTrashes({ output, say }: Context, trashes: readonly Trash[]): void {
  const entries = trashes.flatMap(({ node, entries: list }) =>
    list.map((entry) => ({ ...entry, node: { id: node.id, address: node.address } })),
  );
  output.result({ entries }, () => {
    if (entries.length === 0) return output.note(say('trash.none'));
    const now = Date.now();
    output.table(
      [
        { title: say('column.trash-id') },
        { title: say('column.name'), shrinks: true },
        { title: say('column.size'), align: 'right' },
        { title: say('column.withdrawn') },
        { title: say('column.expires') },
        { title: say('column.node'), shrinks: true },
      ],
      entries.map((entry) => [
        printable(entry.id),
        printable(entry.name),
        humanSize(entry.size, say.language),
        humanAge(entry.withdrawnAt, now, say.language),
        humanAge(entry.expiresAt, now, say.language),
        printable(entry.node.address),
      ]),
    );
  });
}
