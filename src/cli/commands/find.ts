/** `anillo find`: search the network. */
import { plainName } from '../../client/file-choice.ts';
import type { SearchAnswer, SearchResult } from '../../client/schemas/shared.ts';
import { type Declare, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { humanAge, humanSize } from '../human.ts';
import { printable } from '../text.ts';

interface FindOptions {
  readonly limit: number;
}

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
const EXIT_NOT_FOUND = 3;
/** Nothing was found, but not everybody answered who could know of it. */
const EXIT_UNREACHED = 4;

export const declareFind: Declare = (command, program) => {
  command.option('--limit <n>', program.say('find.limit'), wholeNumber(1, LIMIT_MAX), LIMIT_DEFAULT);
  program.unbuilt(command, '--wait');
  command.action(
    program.act<FindOptions>(async (context, [typed = ''], { limit }) => {
      const query = plainName(typed);
      const view = await context.view();
      const answer = await view.search(query, limit);
      context.output.result(answer, () => showAnswer(context, query, answer));
      if (answer.results.length > 0) return 0;
      return answer.truncated ? EXIT_UNREACHED : EXIT_NOT_FOUND;
    }),
  );
};

function showAnswer({ output, say }: Context, query: string, answer: SearchAnswer): void {
  if (answer.results.length === 0) output.warn(say('find.none', { query: printable(query) }));
  else {
    output.table(
      [
        { title: say('column.name'), shrinks: true },
        { title: say('column.size'), align: 'right' },
        { title: say('column.modified') },
        { title: say('column.publisher') },
        { title: say('column.held-by'), shrinks: true },
        { title: say('column.cid') },
      ],
      answer.results.map((result) => rowOf(result, say.language)),
    );
  }
  if (answer.truncated) output.note(say('find.truncated'));
  if (answer.away > 0) output.note(say('find.away', { away: answer.away }));
}

function rowOf(result: SearchResult, language: 'en' | 'es'): readonly string[] {
  return [
    printable(result.name),
    humanSize(result.size, language),
    humanAge(result.modified, Date.now(), language),
    result.publisher.slice(0, 12),
    result.providers.map(({ address }) => printable(address)).join(' ') || '–',
    printable(result.cid),
  ];
}
