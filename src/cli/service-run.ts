/** Runs a long-lived part in this process: its log, `ready`, and a clean stop. */
import pino, { type Logger } from 'pino';
import { Problem } from '../problems/problem.ts';
import type { Context } from './context.ts';
import type { Output, Streams } from './output.ts';
import { watchParent } from './parent-watch.ts';

export interface RunningService {
  /** What people are told of it, before `ready`. */
  readonly lines: readonly string[];
  /** The same for --json. */
  readonly document: Readonly<Record<string, unknown>>;
  /** It can do its work. */
  readonly ready: Promise<void>;
  /** It cannot go on, and has stopped. */
  readonly failed: Promise<Problem>;
  stop(): Promise<void>;
}

/** A stop that hangs is ended; everything acknowledged is on disk long before. */
const STOP_TIMEOUT_MS = 15_000;

/** @param start is given what ends it before it has started @throws Problem what `start` throws */
export async function runService(
  context: Context,
  start: (log: Logger, signal: AbortSignal) => Promise<RunningService>,
): Promise<void> {
  const { output, streams, signal } = context;
  const log = createLog(streams);
  // Before the command line says its one line and ends.
  process.prependListener('uncaughtException', (error) =>
    log.fatal({ err: error }, 'a fault ended this process'),
  );
  const gone = new AbortController();
  watchParent(streams.environment, () => gone.abort());
  const ending = AbortSignal.any([signal, gone.signal]);
  const end = new Promise<void>((resolve) => {
    if (ending.aborted) resolve();
    ending.addEventListener('abort', () => resolve(), { once: true });
  });
  const service = await startUnless(ending, () => start(log, ending));
  if (service === null) return;
  const failure = await Promise.race([announce(output, service, end), service.failed]);
  if (failure instanceof Problem) throw failure;
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  await service.stop();
}

/** Null: it was to stop before it had started, and nothing of it runs. */
async function startUnless(
  ending: AbortSignal,
  start: () => Promise<RunningService>,
): Promise<RunningService | null> {
  try {
    return await start();
  } catch (error) {
    if (ending.aborted && error instanceof Problem && error.code === 'interrupted') return null;
    throw error;
  }
}

/** Says where it is and, once it is, `ready`; ends when it is to stop. */
async function announce(output: Output, service: RunningService, end: Promise<void>): Promise<void> {
  for (const line of service.lines) output.line(line);
  const isReady = await Promise.race([service.ready.then(() => true), end.then(() => false)]);
  if (!isReady) return;
  output.result({ ready: true, ...service.document }, () => output.line(output.say('ready')));
  await end;
}

/** JSON lines on stderr. `ANILLO_LOG` sets the level. @throws Problem `usage` */
function createLog({ environment, stderr }: Streams): Logger {
  const level = environment.ANILLO_LOG || (stderr.isTTY ? 'warn' : 'info');
  const levels = [...Object.keys(pino.levels.values), 'silent'];
  if (!levels.includes(level)) {
    throw new Problem('usage', { reason: `ANILLO_LOG=${level}: ${levels.join(', ')}` });
  }
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
