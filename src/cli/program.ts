/** The command line: which commands and flags there are, in the person's language; what is wrong with it is exit 2. */
import { Command, CommanderError, Help, type HelpConfiguration, Option } from 'commander';
import { Problem } from '../problems/problem.ts';
import { gather, Program } from './command.ts';
import { COMMANDS } from './commands.ts';
import { LANGUAGES, type Say } from './language.ts';
import type { MessageKey } from './messages/en.ts';
import type { Streams } from './output.ts';
import { UNBUILT_COMMANDS } from './unbuilt.ts';
import { VERSION } from './version.ts';

const HELP_COLUMNS = 80;

/** Builds the parser and runs what `args` says. @throws Problem @returns the exit code */
export async function runProgram(
  args: readonly string[],
  say: Say,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const program = new Program(say, streams, signal);
  try {
    await buildParser(program).parseAsync(args, { from: 'user' });
    return program.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return runProgram([...args, 'menu'], say, streams, signal);
    throw usageProblem(error, say);
  }
}

function buildParser(program: Program): Command {
  const { say } = program;
  const root = localized(new Command('anillo'), program)
    .description(say('anillo.help'))
    .version(VERSION, '-V, --version', say('version.help'))
    .option('--portmapper <url>', say('global.portmapper'), gather)
    .option('--node <url>', say('global.node'))
    .option('--json', say('global.json'))
    .option('--quiet', say('global.quiet'))
    .addOption(new Option('--lang <language>', say('global.lang')).choices(LANGUAGES))
    .option('--no-color', say('global.color'))
    .option('--config <file>', say('global.config'))
    .helpCommand('help [command]', say('help.command'));
  for (const [usage, help, declare] of COMMANDS) {
    const command = localized(root.command(usage), program).description(say(help));
    declare(command, program);
  }
  for (const name of UNBUILT_COMMANDS) {
    const refuse = (): never => {
      throw new Problem('not_built', { feature: `anillo ${name}` });
    };
    const command = root.command(name, { hidden: true }).helpOption(false);
    command.allowUnknownOption().allowExcessArguments().action(refuse).on('beforeHelp', refuse);
  }
  return root;
}

function localized(command: Command, { say, streams }: Program): Command {
  return command
    .helpOption('-h, --help', say('help.option'))
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => streams.stdout.columns ?? HELP_COLUMNS,
    })
    .configureHelp(helpWords(say));
}

const TITLES: Readonly<Record<string, MessageKey>> = {
  'Usage:': 'title.usage',
  'Options:': 'title.options',
  'Global Options:': 'title.global',
  'Commands:': 'title.commands',
};

/** The parser's own words of the help, in the person's language. */
function helpWords(say: Say): HelpConfiguration {
  const usual = new Help();
  const placeholders = (text: string): string =>
    text.replace('[options]', `[${say('word.options')}]`).replace('[command]', `[${say('word.command')}]`);
  return {
    showGlobalOptions: true,
    styleTitle: (title) => (Object.hasOwn(TITLES, title) ? say(TITLES[title] as MessageKey) : title),
    commandUsage: (command) => placeholders(usual.commandUsage(command)),
    subcommandTerm: (command) => placeholders(usual.subcommandTerm(command)),
    optionDescription: ({ description, defaultValue }) =>
      defaultValue === undefined || typeof defaultValue === 'boolean'
        ? description
        : `${description} (${say('word.default', { value: String(defaultValue) })})`,
  };
}

const USAGE_MESSAGES: Readonly<Record<string, MessageKey>> = {
  'commander.unknownOption': 'usage.unknown-option',
  'commander.unknownCommand': 'usage.unknown-command',
  'commander.missingArgument': 'usage.missing-argument',
  'commander.optionMissingArgument': 'usage.option-argument',
  'commander.missingMandatoryOptionValue': 'usage.missing-option',
  'commander.excessArguments': 'usage.excess-arguments',
  'commander.conflictingOption': 'usage.conflict',
  'commander.invalidArgument': 'usage.invalid',
};

/** The parser's complaint, in the person's language: what it quotes is what the sentence needs. */
function usageProblem(error: CommanderError, say: Say): Problem {
  const quoted = [...error.message.matchAll(/'([^']*)'/g)].map(([, text]) => text ?? '');
  const key = USAGE_MESSAGES[error.code];
  const sentence =
    key === undefined
      ? error.message.replace(/^error: /, '')
      : say(key, { what: quoted[0] ?? '', other: quoted[1] ?? '' });
  const meant = /Did you mean (?:one of )?([^?]+)\?/.exec(error.message)?.[1];
  const hint = meant === undefined ? say('usage.help') : say('usage.meant', { meant });
  return new Problem('usage', { reason: `${sentence} ${hint}` }, error);
}
