/** What a failure says to a person: the table's sentence, with the parts that depend on the language. */
import { Problem } from '../problems/problem.ts';
import type { Say } from './language.ts';

export function problemText(problem: Problem, say: Say): string {
  const { code, details } = problem;
  if (code === 'unreachable' && details.kind === 'portmapper') {
    return filled(problem, { what: say('the.portmapper'), hint: say('hint.portmapper') }, say);
  }
  if (code === 'unreachable' && details.kind === 'node') {
    return filled(problem, { what: say('the.node'), hint: say('hint.node') }, say);
  }
  return problem.text(say.language);
}

function filled(problem: Problem, details: Readonly<Record<string, string>>, say: Say): string {
  return new Problem(problem.code, { ...problem.details, ...details }).text(say.language);
}
