/** `anillo ls`: the files of a node, or of all. */
import type { KnownNode } from '../../client/known-node.ts';
import type { ListedFile } from '../../client/schemas/shared.ts';
import { clientOf } from '../acting-node.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { askEach, askNamed, EXIT_UNREACHED } from '../each-node.ts';
import { humanAge, humanSize } from '../human.ts';
import { printable } from '../text.ts';

type Listed = ListedFile & { readonly node: { readonly id: string; readonly address: string } };

export const declareLs: Declare = (command, program) => {
  command.action(
    program.act(async (context, [name]) => {
      const view = await context.view();
      const list = (node: KnownNode) => filesOf(context, node);
      const { answers, unreached } =
        name === undefined
          ? await askEach(context, await view.nodes(), list)
          : await askNamed(await view.resolveNode(name), list);
      const files = answers
        .flatMap(({ node, answer }): Listed[] => answer.map((file) => ({ ...file, node })))
        .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      const isAnswered = answers.length > 0;
      context.output.result({ files, unreached }, () => {
        if (isAnswered) show(context, files);
      });
      return isAnswered ? 0 : EXIT_UNREACHED;
    }),
  );
};

async function filesOf(context: Context, node: KnownNode): Promise<readonly ListedFile[]> {
  const client = clientOf(context, node);
  const files: ListedFile[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.files(cursor);
    files.push(...page.files);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
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
