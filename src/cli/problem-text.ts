/** What a failure says to a person, in the person's language. */
import type { Problem } from '../problems/problem.ts';
import type { Say } from './language.ts';

export function problemText(problem: Problem, say: Say): string {
  return problem.text(say.language);
}
