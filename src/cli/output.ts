/**
 * Where words go. What was asked for is on stdout: as text, or with --json as exactly one document (or one a line) and
 * nothing else. What is said beside it is on stderr.
 */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Problem } from '../problems/problem.ts';
import type { Say } from './language.ts';
import { problemText } from './problem-text.ts';
import { type Column, layOut } from './table.ts';
import { jsonLine, printableLines } from './text.ts';

type Outlet = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Outlet;
  readonly stderr: Outlet;
  readonly environment: NodeJS.ProcessEnv;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
}

export type Style = Parameters<typeof styleText>[0];

const COLUMNS_DEFAULT = 80;

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly say: Say;
  readonly streams: Streams;
  readonly #color: boolean;

  constructor(streams: Streams, say: Say, { json, quiet }: OutputOptions) {
    this.streams = streams;
    this.say = say;
    this.json = json;
    this.quiet = quiet;
    const { NO_COLOR, TERM } = streams.environment;
    this.#color = !NO_COLOR && TERM !== 'dumb';
  }

  /** Somebody is there to read, and to answer. */
  get interactive(): boolean {
    const { stdin, stdout } = this.streams;
    return stdin.isTTY === true && stdout.isTTY === true && !this.json;
  }

  /** Of the terminal that stdout is; null elsewhere, where nothing needs to be cut. */
  get columns(): number | null {
    const { stdout } = this.streams;
    return stdout.isTTY ? (stdout.columns ?? COLUMNS_DEFAULT) : null;
  }

  /** What was asked for, as one JSON document or as `people` writes it. */
  result(document: unknown, people: () => void): void {
    if (this.json) this.streams.stdout.write(`${jsonLine(document)}\n`);
    else people();
  }

  /** A line of the answer, for people. */
  line(text = ''): void {
    if (!this.json) this.streams.stdout.write(`${text}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const [titles = '', ...lines] = layOut(columns, rows, this.columns);
    this.line(this.style('bold', titles));
    for (const line of lines) this.line(line);
  }

  /** Something said beside the answer. */
  note(text: string): void {
    if (!this.quiet) this.streams.stderr.write(`${text}\n`);
  }

  /** Something that a person should know even with --quiet. */
  warn(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** The one line of a failure; with --json the problem is the document. */
  problem(problem: Problem): void {
    const text = printableLines(problemText(problem, this.say));
    this.streams.stderr.write(`${this.style('red', 'anillo:', this.streams.stderr)} ${text}\n`);
    if (!this.json) return;
    this.streams.stdout.write(`${jsonLine({ problem: this.document(problem) })}\n`);
  }

  /** A failure as programs read it. */
  document(problem: Problem): object {
    const { code, details, exitCode } = problem;
    return { code, detail: printableLines(problemText(problem, this.say)), details, exitCode };
  }

  /** Colours on a terminal, plain text elsewhere. */
  style(style: Style, text: string, outlet: Outlet = this.streams.stdout): string {
    return this.#color && outlet.isTTY ? styleText(style, text, { validateStream: false }) : text;
  }
}
