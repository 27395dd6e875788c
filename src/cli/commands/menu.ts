/** `anillo menu`: everything by choosing, for people at a terminal. A failure is said and the menu goes on. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { intro, log, outro } from '@clack/prompts';
import { choosePublisher } from '../../client/file-choice.ts';
import type { SearchResult } from '../../client/schemas/shared.ts';
import { Problem } from '../../problems/problem.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { humanSize } from '../human.ts';
import { problemText } from '../problem-text.ts';
import { askChoice, askPublisher, askText } from '../prompts.ts';
import { printable, printableLines } from '../text.ts';
import { save } from './get.ts';
import { showNodes } from './nodes.ts';
import { put } from './put.ts';
import { showRing } from './ring.ts';

type Action = 'search' | 'upload' | 'nodes' | 'ring' | 'pending' | 'quit';

const ACTIONS: readonly Action[] = ['search', 'upload', 'nodes', 'ring', 'pending', 'quit'];
const RESULTS_MAX = 100;

export const declareMenu: Declare = (command, program) => {
  command.action(
    program.act(async (context) => {
      if (context.output.interactive) await runMenu(context);
      else if (context.output.json) throw new Problem('usage', { reason: context.say('menu.json') });
      else command.parent?.outputHelp();
    }),
  );
};

async function runMenu(context: Context): Promise<void> {
  const { say } = context;
  intro('Anillo');
  for (;;) {
    const choices = ACTIONS.map((value) => ({ value, label: say(`menu.${value}`) }));
    const action = await askChoice(say('menu.question'), choices);
    if (action === null || action === 'quit') break;
    await attempt(context, action);
  }
  outro(say('menu.bye'));
}

async function attempt(context: Context, action: Exclude<Action, 'quit'>): Promise<void> {
  try {
    await act(context, action);
  } catch (error) {
    const problem = Problem.from(error);
    // Ctrl-C during a transfer: the person wants out.
    if (context.signal.aborted) throw problem;
    if (problem.code !== 'interrupted') log.error(printableLines(problemText(problem, context.say)));
  }
}

async function act(context: Context, action: Exclude<Action, 'quit'>): Promise<void> {
  const view = await context.view();
  switch (action) {
    case 'search':
      return search(context);
    case 'upload':
      return upload(context);
    case 'nodes':
      return showNodes(context, await view.nodes());
    case 'ring':
      return showRing(context, await view.ring());
    case 'pending':
      return log.info(context.say('menu.no-pending'));
  }
}

async function search(context: Context): Promise<void> {
  const { say } = context;
  const query = await askText(say('menu.query'));
  if (query === null) return;
  const view = await context.view();
  const { results } = await view.search(query, RESULTS_MAX);
  if (results.length === 0) return log.info(say('find.none', { query: printable(query) }));
  const chosen = await chooseResult(context, results);
  if (chosen === null) return;
  const same = results.filter(
    ({ name, publisher }) => name === chosen.name && publisher === chosen.publisher,
  );
  const file = await choosePublisher(same, { type: 'ask', ask: (all) => askPublisher(context, all) });
  const place = await askText(say('menu.save'), '.');
  if (place !== null) await save(context, file, { output: expandHome(place) });
}

async function chooseResult(
  { say }: Context,
  results: readonly SearchResult[],
): Promise<SearchResult | null> {
  const choices = results.map((result, index) => ({
    value: `${index}`,
    label: `${printable(result.name)}  ${humanSize(result.size, say.language)}  ${result.publisher.slice(0, 12)}`,
  }));
  const answer = await askChoice(say('menu.result'), choices);
  return answer === null ? null : (results[Number(answer)] ?? null);
}

async function upload(context: Context): Promise<void> {
  const path = await askText(context.say('menu.file'));
  if (path !== null) await put(context, [expandHome(path)], {});
}

/** There is no shell here that would do it. */
function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
