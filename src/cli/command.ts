/** How a command is declared: its flags, what it does, and where its outcome goes. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { Problem } from '../problems/problem.ts';
import { Context } from './context.ts';
import { parseRate } from './human.ts';
import type { Say } from './language.ts';
import type { Streams } from './output.ts';
import type { Globals } from './settings.ts';

/** Does the command's work. @returns the exit code; nothing is 0 */
export type Act<Options> = (
  context: Context,
  args: readonly string[],
  options: Options,
  // biome-ignore lint/suspicious/noConfusingVoidType: an act that cannot fail quietly returns nothing
) => Promise<number | void>;

/** `shared`: what every command is told of its network. `own`: the command itself reads all of it, with its flags. */
type Reads = 'shared' | 'own';

/** Declares one command: its arguments, its flags and what it does. */
export type Declare = (command: Command, program: Program) => void;

/** What declarations need to know, and where their outcome goes. */
export class Program {
  readonly say: Say;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  exitCode = 0;

  constructor(say: Say, streams: Streams, signal: AbortSignal) {
    this.say = say;
    this.streams = streams;
    this.signal = signal;
  }

  /** The action of a command: runs `act` with a context of its own, which is closed in any case. */
  act<Options>(
    act: Act<Options>,
    configuration: Reads = 'shared',
  ): (...received: unknown[]) => Promise<void> {
    return async (...received) => {
      const command = received.at(-1) as Command;
      const context = new Context(command.optsWithGlobals() as Globals, this.say, this.streams, this.signal);
      try {
        // Whatever the command needs of it: what is wrong with the configuration is said before anything starts.
        if (configuration === 'shared') void context.portmappers;
        this.exitCode = (await act(context, command.args, command.opts() as Options)) ?? 0;
      } finally {
        await context.close();
      }
    };
  }

  /** A flag that the contract fixes and this version does not have: not in the help, and exit 2 when it is used. */
  unbuilt(command: Command, flags: string): void {
    const option = new Option(flags).hideHelp();
    command.addOption(option);
    command.on(`option:${option.name()}`, () => {
      throw new Problem('not_built', { feature: `${command.name()} --${option.name()}` });
    });
  }
}

/** A parser of whole numbers from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= min && number <= max)) throw new InvalidArgumentError(`${min}–${max}`);
    return number;
  };
}

/** Gathers a flag that may be said several times. */
export function gather(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

/** Reads `500k`, `2M`. */
export function rate(text: string): number {
  const bytesPerSecond = parseRate(text);
  if (bytesPerSecond === null) throw new InvalidArgumentError('500k, 2M');
  return bytesPerSecond;
}
