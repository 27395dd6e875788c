/** `anillo trash`: what was withdrawn and can still come back. */
import type { KnownNode } from '../../client/known-node.ts';
import type { Restored, TrashPage } from '../../client/schemas/node-routes.ts';
import { Problem } from '../../problems/problem.ts';
import { actingNode, clientOf } from '../acting-node.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { type Answers, askEach, askNamed, EXIT_UNREACHED } from '../each-node.ts';
import { humanAge, humanSize } from '../human.ts';
import { printable } from '../text.ts';

interface TrashFlags {
  readonly restore?: string;
  readonly empty?: boolean;
}

type Trashes = Answers<TrashPage['entries']>;

export const declareTrash: Declare = (command, program) => {
  const { say } = program;
  command.option('--restore <id>', say('trash.restore')).option('--empty', say('trash.empty'));
  command.action(
    program.act<TrashFlags>(async (context, _, { restore, empty }) => {
      if (restore !== undefined && empty) throw new Problem('usage', { reason: say('trash.one') });
      if (restore !== undefined) return restoreEntry(context, restore);
      if (empty) return emptyTrash(context);
      return showTrashes(context, await readTrashes(context));
    }),
  );
};

/** Ids are unique: the node that has the entry restores it, the others have never heard of it. */
async function restoreEntry(context: Context, id: string): Promise<void> {
  const { output, say } = context;
  const { answers, unreached } = await askActing(context, (node) => restoreAt(context, node, id));
  const [found] = answers.flatMap(({ node, answer }) => (answer === null ? [] : [{ node, answer }]));
  if (found === undefined)
    throw new Problem(unreached.length > 0 ? 'answer_incomplete' : 'not_found', { what: `"${id}"` });
  const { node, answer } = found;
  if (answer instanceof Problem) throw answer;
  output.result({ restored: { ...answer, node } }, () =>
    output.line(say('trash.restored', { name: printable(answer.name), node: printable(node.address) })),
  );
}

/** Null where the trash has no such entry; a Problem where it has, and the entry cannot come back now. */
async function restoreAt(
  context: Context,
  node: KnownNode,
  id: string,
): Promise<Restored['restored'] | Problem | null> {
  try {
    return (await clientOf(context, node).restore(id)).restored;
  } catch (error) {
    if (!(error instanceof Problem) || error.code === 'interrupted') throw error;
    if (error.code === 'not_found') return null;
    if (error.code === 'unreachable' || error.code === 'deadline') throw error;
    return error;
  }
}

/** Emptying is for good, so it needs to be plain whose trash it is. */
async function emptyTrash(context: Context): Promise<void> {
  const { output, say } = context;
  const named = await actingNode(context);
  const nodes = named === null ? await context.portmapperView().nodes() : [named];
  const [node] = nodes;
  if (nodes.length === 0) throw new Problem('no_nodes');
  if (node === undefined || nodes.length > 1) throw new Problem('usage', { reason: say('trash.which') });
  const client = clientOf(context, node);
  const { emptied } = await client.emptyTrash();
  output.result({ emptied, node: { id: node.id, address: node.address } }, () =>
    output.line(say('trash.emptied', { n: emptied, node: printable(node.address) })),
  );
}

function readTrashes(context: Context): Promise<Trashes> {
  return askActing(context, (node) => entriesOf(context, node));
}

/** The node that `--node` names, else all that are there. */
async function askActing<Answer>(
  context: Context,
  ask: (node: KnownNode) => Promise<Answer>,
): Promise<Answers<Answer>> {
  const named = await actingNode(context);
  if (named !== null) return askNamed(named, ask);
  return askEach(context, await context.portmapperView().nodes(), ask);
}

async function entriesOf(context: Context, node: KnownNode): Promise<TrashPage['entries']> {
  const entries: TrashPage['entries'] = [];
  let cursor: string | undefined;
  do {
    const page = await clientOf(context, node).trash(cursor);
    entries.push(...page.entries);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return entries;
}

function showTrashes({ output, say }: Context, { answers, unreached }: Trashes): number {
  const entries = answers.flatMap(({ node, answer }) => answer.map((entry) => ({ ...entry, node })));
  const isAnswered = answers.length > 0;
  output.result({ entries, unreached }, () => {
    if (!isAnswered) return;
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
  return isAnswered ? 0 : EXIT_UNREACHED;
}
