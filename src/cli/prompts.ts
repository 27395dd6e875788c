/** Questions to a person at a terminal. Ctrl-C and ESC answer none. */
import { isCancel, select, text } from '@clack/prompts';
import type { SearchResult } from '../client/schemas/shared.ts';
import type { Context } from './context.ts';
import { humanAge, humanSize } from './human.ts';
import { printable } from './text.ts';

export interface Choice<Value> {
  readonly value: Value;
  readonly label: string;
}

/** Null: the person went back. */
export async function askChoice<Value extends string>(
  message: string,
  choices: readonly Choice<Value>[],
): Promise<Value | null> {
  const options = choices.map(({ value, label }) => ({ value: value as string, label }));
  const answer = await select<string>({ message, options, maxItems: 15 });
  return isCancel(answer) ? null : (answer as Value);
}

/** Null: the person went back, or answered nothing. @param preset answered by Enter alone */
export async function askText(message: string, preset?: string): Promise<string | null> {
  const answer = await text({
    message,
    ...(preset === undefined ? {} : { placeholder: preset, defaultValue: preset }),
  });
  return isCancel(answer) || answer === undefined || answer.trim() === '' ? null : answer.trim();
}

/** Which of several publishers' files. */
export async function askPublisher(
  { say }: Context,
  candidates: readonly SearchResult[],
): Promise<SearchResult | null> {
  const now = Date.now();
  const choices = candidates.map((candidate, index) => ({
    value: `${index}`,
    label: say('ask.publisher-choice', {
      publisher: candidate.publisher.slice(0, 12),
      size: humanSize(candidate.size, say.language),
      age: humanAge(candidate.modified, now, say.language),
    }),
  }));
  const name = printable(candidates[0]?.name ?? '');
  const answer = await askChoice(say('ask.publisher', { name }), choices);
  return answer === null ? null : (candidates[Number(answer)] ?? null);
}
