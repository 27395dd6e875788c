/** The language of everything people see: `--lang`, else the locale (POSIX: LC_ALL, LC_MESSAGES, LANG), else English. */
import type { Language } from '../problems/problem.ts';
import { en, type MessageKey } from './messages/en.ts';
import { es } from './messages/es.ts';

export const LANGUAGES: readonly Language[] = ['en', 'es'];

const MESSAGES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { en, es };

/** Says a sentence in one language; `{name}` in it is filled from `details`. */
export interface Say {
  (key: MessageKey, details?: Readonly<Record<string, string | number>>): string;
  readonly language: Language;
}

export function speak(language: Language): Say {
  const messages = MESSAGES[language];
  const say = (key: MessageKey, details: Readonly<Record<string, string | number>> = {}): string =>
    messages[key].replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? ''));
  return Object.assign(say, { language });
}

/**
 * Read before the command line is parsed, because the parser's own words are in that language too. A language that does
 * not exist is the parser's to refuse.
 */
export function chooseLanguage(args: readonly string[], environment: NodeJS.ProcessEnv): Language {
  return saidLanguage(args) ?? localeLanguage(environment);
}

function saidLanguage(args: readonly string[]): Language | null {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  const at = flags.findLastIndex((flag) => flag === '--lang' || flag.startsWith('--lang='));
  const said = flags[at] === '--lang' ? flags[at + 1] : flags[at]?.slice('--lang='.length);
  return LANGUAGES.find((language) => language === said) ?? null;
}

function localeLanguage(environment: NodeJS.ProcessEnv): Language {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^es(?![a-z])/i.test(locale) ? 'es' : 'en';
}
