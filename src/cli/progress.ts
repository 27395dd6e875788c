/** How far long work is: a bar with rate and time left on a terminal, plain lines every few seconds elsewhere. */
import cliProgress, { type SingleBar } from 'cli-progress';
import { humanDuration, humanSize } from './human.ts';
import type { Output } from './output.ts';
import { shorten } from './text.ts';

const LINE_INTERVAL_MS = 5_000;
/** The rate is of the last few seconds, so that it follows the link. */
const RATE_WINDOW_MS = 5_000;
const TITLE_COLUMNS_MAX = 40;

export interface Progress {
  /** More bytes are done; fewer, when a part starts over. */
  add(bytes: number): void;
  /** So many nodes send. */
  from(sources: number): void;
  /** Runs what prints to the same terminal, without mixing it with the bar. */
  aside(print: () => void): void;
  done(): void;
}

/**
 * @param title what is under way, printable
 * @param totalBytes null when nobody knows
 * @param now monotonic milliseconds
 */
export function showProgress(
  output: Output,
  title: string,
  totalBytes: number | null,
  now: () => number = () => performance.now(),
): Progress {
  if (output.quiet) return { add: () => {}, from: () => {}, aside: (print) => print(), done: () => {} };
  const meter = new RateMeter(now);
  if (output.streams.stderr.isTTY) return new BarProgress(output, title, totalBytes, meter);
  return new LineProgress(output, title, totalBytes, meter, now);
}

/** Bytes done, and how fast they were lately. */
class RateMeter {
  readonly #now: () => number;
  readonly #marks: { atMs: number; bytes: number }[] = [];
  bytes = 0;
  /** Nodes that send; null where that is not told. */
  sources: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
    this.#marks.push({ atMs: now(), bytes: 0 });
  }

  add(bytes: number): void {
    this.bytes += bytes;
    const atMs = this.#now();
    const last = this.#marks.at(-1);
    // Ten marks a second are plenty.
    if (last !== undefined && this.#marks.length > 1 && atMs - last.atMs < 100) last.bytes = this.bytes;
    else this.#marks.push({ atMs, bytes: this.bytes });
    while (this.#marks.length > 2 && atMs - (this.#marks[0]?.atMs ?? 0) > RATE_WINDOW_MS) this.#marks.shift();
  }

  /** Bytes a second, or null before anything can be said. */
  rate(): number | null {
    const [first] = this.#marks;
    const spentMs = this.#now() - (first?.atMs ?? 0);
    return first === undefined || spentMs < 1
      ? null
      : (Math.max(0, this.bytes - first.bytes) * 1000) / spentMs;
  }
}

function describe(output: Output, meter: RateMeter, totalBytes: number | null): string {
  const { language } = output.say;
  const rate = meter.rate();
  const parts = [
    totalBytes === null
      ? humanSize(meter.bytes, language)
      : `${percent(meter.bytes, totalBytes)} %  ${humanSize(meter.bytes, language)} / ${humanSize(totalBytes, language)}`,
  ];
  if (rate !== null) parts.push(`${humanSize(rate, language)}/s`);
  if (rate !== null && rate > 0 && totalBytes !== null) {
    parts.push(output.say('progress.left', { time: humanDuration((totalBytes - meter.bytes) / rate) }));
  }
  if (meter.sources !== null) parts.push(output.say('progress.sources', { sources: meter.sources }));
  return parts.join('  ');
}

function percent(bytes: number, totalBytes: number): number {
  return totalBytes === 0 ? 100 : Math.max(0, Math.min(100, Math.floor((bytes * 100) / totalBytes)));
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #meter: RateMeter;
  readonly #output: Output;

  constructor(output: Output, title: string, totalBytes: number | null, meter: RateMeter) {
    this.#meter = meter;
    this.#output = output;
    const shown = shorten(title, TITLE_COLUMNS_MAX);
    this.#bar = new cliProgress.SingleBar({
      stream: output.streams.stderr as NodeJS.WriteStream,
      clearOnComplete: true,
      hideCursor: true,
      gracefulExit: true,
      fps: 10,
      barsize: 20,
      format: (options, params) => {
        const bar = totalBytes === null ? '' : `${cliProgress.Format.BarFormat(params.progress, options)} `;
        return `${shown}  ${bar}${describe(output, meter, totalBytes)}`;
      },
    });
    this.#bar.start(Math.max(1, totalBytes ?? 1), 0);
  }

  add(bytes: number): void {
    this.#meter.add(bytes);
    this.#bar.update(this.#meter.bytes);
  }

  from(sources: number): void {
    this.#meter.sources = sources;
  }

  /** The bar draws itself again within a tenth of a second. */
  aside(print: () => void): void {
    this.#output.streams.stderr.write('\r\u001b[K');
    print();
  }

  done(): void {
    if (this.#bar.isActive) this.#bar.stop();
  }
}

class LineProgress implements Progress {
  readonly #output: Output;
  readonly #title: string;
  readonly #totalBytes: number | null;
  readonly #meter: RateMeter;
  readonly #now: () => number;
  #nextLineAtMs: number;

  constructor(output: Output, title: string, totalBytes: number | null, meter: RateMeter, now: () => number) {
    this.#output = output;
    this.#title = title;
    this.#totalBytes = totalBytes;
    this.#meter = meter;
    this.#now = now;
    this.#nextLineAtMs = now() + LINE_INTERVAL_MS;
  }

  add(bytes: number): void {
    this.#meter.add(bytes);
    if (this.#now() < this.#nextLineAtMs) return;
    this.#nextLineAtMs = this.#now() + LINE_INTERVAL_MS;
    this.#output.note(`${this.#title}  ${describe(this.#output, this.#meter, this.#totalBytes)}`);
  }

  from(sources: number): void {
    this.#meter.sources = sources;
  }

  aside(print: () => void): void {
    print();
  }

  done(): void {}
}
