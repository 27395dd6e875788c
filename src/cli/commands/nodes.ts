/** `anillo nodes`: every known node. */
import type { KnownNode } from '../../client/known-node.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { humanAge, humanShare, humanSize } from '../human.ts';
import { printable } from '../text.ts';

export const declareNodes: Declare = (command, program) => {
  command.action(
    program.act(async (context) => {
      const view = await context.view();
      const nodes = await view.nodes();
      context.output.result({ nodes }, () => showNodes(context, nodes));
    }),
  );
};

export function showNodes({ output, say }: Context, nodes: readonly KnownNode[]): void {
  if (nodes.length === 0) {
    output.note(say('nodes.none'));
    return;
  }
  const now = Date.now();
  output.table(
    [
      { title: say('column.id') },
      { title: say('column.address'), shrinks: true },
      { title: say('column.state') },
      { title: say('column.seen') },
      { title: '1 h', align: 'right' },
      { title: '24 h', align: 'right' },
      { title: '7 d', align: 'right' },
      { title: say('column.files'), align: 'right' },
      { title: say('column.bytes'), align: 'right' },
      { title: say('column.free'), align: 'right' },
    ],
    nodes.map((node) => [
      node.id.slice(0, 12),
      printable(node.address),
      stateText(say, node),
      node.lastSeen === null ? '–' : humanAge(node.lastSeen, now, say.language),
      ...(['1h', '24h', '7d'] as const).map((span) =>
        humanShare(node.availability?.[span] ?? null, say.language),
      ),
      node.files === null ? '–' : String(node.files),
      node.bytes === null ? '–' : humanSize(node.bytes, say.language),
      node.freeBytes === null ? '–' : humanSize(node.freeBytes, say.language),
    ]),
  );
}

function stateText(say: Context['say'], node: KnownNode): string {
  const state = say(`state.${node.state}`);
  return node.joined === false ? `${state} ${say('state.joining')}` : state;
}
