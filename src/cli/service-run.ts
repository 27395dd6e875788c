/** Runs a long-lived part in this process: its log, `ready`, and a clean stop. */
import pino, { type Logger } from 'pino';
import { Problem } from '../problems/problem.ts';
import type { Context } from './context.ts';
import type { Streams } from './output.ts';
import { watchParent } from './parent-watch.ts';

export interface RunningService {
  /** What people are told of it, before `ready`. */
  readonly lines: readonly string[];
  /** The same for --json. */
  readonly document: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** A stop that hangs is ended; everything acknowledged is on disk long before. */
const STOP_TIMEOUT_MS = 15_000;

/** @throws Problem what `start` throws */
export async function runService(
  context: Context,
  start: (log: Logger) => Promise<RunningService>,
): Promise<void> {
  const { output, say, streams, signal } = context;
  const log = createLog(streams);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault ended this process');
    output.problem(Problem.from(error));
    process.exit(1);
  });
  const end = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    watchParent(streams.environment, resolve);
  });
  const service = await start(log);
  output.result({ ready: true, ...service.document }, () => {
    for (const line of service.lines) output.line(line);
    output.line(say('ready'));
  });
  await end;
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
  await service.stop();
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
