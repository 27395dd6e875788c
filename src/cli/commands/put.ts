/** `anillo put`: files, folders or stdin to a node. */
import { plainName } from '../../client/file-choice.ts';
import { targetOf } from '../../client/network-view.ts';
import { type PutSource, putFile } from '../../client/put-file.ts';
import { RateLimit } from '../../client/rate-limit.ts';
import type { StoredFile } from '../../client/schemas/node-routes.ts';
import { UploadPlaces } from '../../client/upload-places.ts';
import { uploadRecordsIn } from '../../client/upload-records.ts';
import { Problem } from '../../problems/problem.ts';
import { type Declare, gather, rate } from '../command.ts';
import type { Context } from '../context.ts';
import { humanSize } from '../human.ts';
import { problemText } from '../problem-text.ts';
import { type Progress, showProgress } from '../progress.ts';
import { type FileOnDisk, listFiles } from '../put-list.ts';
import { printable } from '../text.ts';

interface PutFlags {
  readonly to?: string;
  readonly tag?: readonly string[];
  readonly name?: string;
  readonly limitRate?: number;
}

interface Item {
  readonly name: string;
  readonly source: PutSource;
}

/** Small files wait for the disk of the other side; a few at once hide that. */
const AT_ONCE = 4;
const FAILURES_SHOWN_MAX = 50;

export const declarePut: Declare = (command, program) => {
  const { say } = program;
  command
    .option('--to <node>', say('put.to'))
    .option('--tag <tag>', say('put.tag'), gather)
    .option('--name <name>', say('put.name'))
    .option('--limit-rate <rate>', say('flag.limit-rate'), rate);
  program.unbuilt(command, '--replicas <k>');
  program.unbuilt(command, '--wait');
  program.unbuilt(command, '--encrypt [how]');
  command.action(
    program.act<PutFlags>(async (context, paths, flags) => {
      checkTags(context, flags.tag ?? []);
      await put(context, paths, flags);
    }),
  );
};

/** Also what the menu does. @throws Problem */
export async function put(context: Context, paths: readonly string[], flags: PutFlags): Promise<void> {
  const items = paths.includes('-')
    ? [stdinItem(context, paths, flags)]
    : await diskItems(context, paths, flags);
  const sizes = items.map(({ source }) => (source.type === 'file' ? source.size : 0));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const places = await choosePlaces(context, totalBytes, flags);
  const title =
    items.length === 1 ? printable(items[0]?.name ?? '') : context.say('put.files', { n: items.length });
  const isPipe = items[0]?.source.type === 'stream';
  const progress = showProgress(context.output, title, isPipe ? null : totalBytes);
  try {
    await sendAll(context, places, items, flags, progress);
  } finally {
    progress.done();
  }
}

async function choosePlaces(context: Context, totalBytes: number, { to }: PutFlags): Promise<UploadPlaces> {
  const view = await context.view();
  const targets =
    to === undefined ? await view.placement(totalBytes) : [targetOf(await view.resolveNode(to))];
  return new UploadPlaces(context.http, targets, context.signal);
}

interface Failure {
  readonly name: string;
  readonly problem: Problem;
}

async function sendAll(
  context: Context,
  places: UploadPlaces,
  items: readonly Item[],
  flags: PutFlags,
  progress: Progress,
): Promise<void> {
  const limit = flags.limitRate === undefined ? null : new RateLimit(flags.limitRate, context.signal);
  const tags = flags.tag ?? [];
  const records = uploadRecordsIn(context.streams.environment);
  const onBytes = (bytes: number): void => progress.add(bytes);
  const how = { tags, limit, records, signal: context.signal, onBytes };
  const failures: Failure[] = [];
  const rest = items.values();
  let final: Problem | null = null;
  const worker = async (): Promise<void> => {
    for (const { name, source } of rest) {
      try {
        const stored = await putFile(context.http, places, source, { name, ...how });
        progress.aside(() => show(context, stored));
      } catch (error) {
        const problem = asProblem(error);
        if (items.length === 1 || isFinal(problem)) final ??= problem;
        else failures.push({ name, problem });
      }
      if (final !== null) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  progress.aside(() => showFailures(context, failures));
  if (final !== null) throw final;
  if (failures.length > 0) throw new Problem('some_failed', { failed: failures.length, total: items.length });
}

function show({ output, say }: Context, stored: StoredFile): void {
  output.result(stored, () => {
    const size = humanSize(stored.size, say.language);
    const where = say('put.stored', { node: printable(stored.node.address) });
    output.line(`${printable(stored.name)}  ${size}  ${stored.cid}  ${output.style('green', where)}`);
  });
  if (!stored.published) output.note(say('put.unpublished', { name: printable(stored.name) }));
}

/** What would fail for every further file as well. */
function isFinal({ code }: Problem): boolean {
  return code === 'interrupted' || code === 'node_away' || code === 'no_space' || code === 'suspended';
}

/** Each for programs, one a line like what was stored; the first for people. */
function showFailures({ output, say }: Context, failures: readonly Failure[]): void {
  for (const { name, problem } of failures) {
    output.result({ state: 'failed', name, problem: output.document(problem) }, () => {});
  }
  for (const { name, problem } of failures.slice(0, FAILURES_SHOWN_MAX)) {
    output.warn(`${printable(name)}: ${printable(problemText(problem, say))}`);
  }
  const more = failures.length - FAILURES_SHOWN_MAX;
  if (more > 0) output.warn(say('put.more', { more }));
}

function stdinItem(context: Context, paths: readonly string[], { name }: PutFlags): Item {
  if (paths.length > 1) throw new Problem('usage', { reason: context.say('put.stdin-alone') });
  if (name === undefined) throw new Problem('usage', { reason: context.say('put.stdin-name') });
  return { name: plainName(name), source: { type: 'stream', stream: context.streams.stdin } };
}

async function diskItems(
  context: Context,
  paths: readonly string[],
  { name }: PutFlags,
): Promise<readonly Item[]> {
  const { output, say } = context;
  const { files, skipped } = await listFiles(paths);
  if (skipped.length > 0)
    output.note(say('put.skipped', { n: skipped.length, first: printable(skipped[0] ?? '') }));
  if (files.length === 0) throw new Problem('usage', { reason: say('put.nothing') });
  if (name !== undefined && files.length > 1) throw new Problem('usage', { reason: say('put.one-name') });
  return files.map((file) => ({
    name: name === undefined ? file.name : plainName(name),
    source: sourceOf(file),
  }));
}

function sourceOf({ path, size }: FileOnDisk): PutSource {
  return { type: 'file', path, size };
}

function checkTags({ say }: Context, tags: readonly string[]): void {
  if (tags.some((tag) => tag === '' || tag.includes(','))) {
    throw new Problem('usage', { reason: say('put.bad-tag') });
  }
}

function asProblem(error: unknown): Problem {
  const { code, path } = error as NodeJS.ErrnoException;
  if (error instanceof Problem || typeof path !== 'string') return Problem.from(error);
  return new Problem('file_access', { path, reason: code ?? '' }, error);
}
