/** The process of a command. */
import { main } from './main.ts';

/** What may still be open after a command has answered, such as a terminal, does not keep it. */
const LINGER_MAX_MS = 1_000;

const { stdin, stdout, stderr, env: environment } = process;

// Whoever read the answer has had enough: `anillo ls | head`.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
stderr.on('error', () => {});

// A fault of ours: one line for the person; the trace only for who asks for it.
process.on('uncaughtException', (error) => {
  stderr.write(`anillo: ${error.message}\n`);
  if (environment.ANILLO_LOG === 'debug') stderr.write(`${error.stack}\n`);
  process.exit(1);
});

process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, environment });
setTimeout(() => process.exit(), LINGER_MAX_MS).unref();
