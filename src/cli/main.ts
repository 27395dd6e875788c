/** The command line, from arguments to exit code: language, signals, the command, and one line when it fails. */
import { Problem } from '../problems/problem.ts';
import { listenForSignals } from './interruption.ts';
import { chooseLanguage, speak } from './language.ts';
import { Output, type Streams } from './output.ts';
import { runProgram } from './program.ts';

/** @param args without the program's own name @returns the exit code; never throws */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
  const say = speak(chooseLanguage(args, streams.environment));
  const interruption = listenForSignals();
  try {
    return await runProgram(args, say, streams, interruption.signal);
  } catch (error) {
    const problem = interruption.signal.aborted ? new Problem('interrupted', {}, error) : asProblem(error);
    new Output(streams, say, outputFlags(args)).problem(problem);
    return problem.exitCode;
  } finally {
    interruption.stop();
  }
}

/** Where the parser itself failed there is nobody else to say how to write. */
function outputFlags(args: readonly string[]): { json: boolean; quiet: boolean; color: boolean } {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  return { json: flags.includes('--json'), quiet: false, color: !flags.includes('--no-color') };
}

/** What the file system refused is a person's to mend; anything else is a fault of ours. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof path === 'string' && syscall !== undefined) {
    return new Problem('file_access', { path, reason: code }, error);
  }
  return Problem.from(error);
}
