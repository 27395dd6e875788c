/** The command line, from arguments to exit code: language, signals, the command, and one line when it fails. */
import { Problem } from '../problems/problem.ts';
import { isReasonCode } from '../problems/reasons.ts';
import { listenForSignals } from './interruption.ts';
import { chooseLanguage, speak } from './language.ts';
import { Output, type Streams } from './output.ts';
import { runProgram } from './program.ts';
import { printableLines } from './text.ts';

/** @param args without the program's own name @returns the exit code; never throws */
export async function main(args: readonly string[], streams: Streams): Promise<number> {
  const say = speak(chooseLanguage(args, streams.environment));
  if (flagsOf(args).includes('--no-color')) forgoColor(streams.environment);
  const interruption = listenForSignals();
  try {
    return await runProgram(args, say, streams, interruption.signal);
  } catch (error) {
    const problem = interruption.signal.aborted ? new Problem('interrupted', {}, error) : asProblem(error);
    // Where the parser itself failed there is nobody else to say how to write.
    new Output(streams, say, { json: flagsOf(args).includes('--json'), quiet: false }).problem(problem);
    if (problem.code === 'internal' && streams.environment.ANILLO_LOG === 'debug') trace(streams, error);
    return problem.exitCode;
  } finally {
    interruption.stop();
  }
}

/** Of a fault of ours, for who asks for it. */
function trace({ stderr }: Streams, error: unknown): void {
  if (error instanceof Error) stderr.write(`${printableLines(error.stack ?? '')}\n`);
}

/** The questions of the menu come from a package, which knows only these variables. */
function forgoColor(environment: NodeJS.ProcessEnv): void {
  environment.NO_COLOR = '1';
  delete environment.FORCE_COLOR;
}

function flagsOf(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end === -1 ? args : args.slice(0, end);
}

/** What the file system refused is a person's to mend; anything else is a fault of ours. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && syscall !== undefined && (path !== undefined || isReasonCode(code))) {
    return new Problem('file_access', { path: path ?? syscall, reason: code }, error);
  }
  return Problem.from(error);
}
