/** `anillo get`: a file by path, last component or CID; verified, resumed. */

import { type Downloaded, fetchFile, type Target } from '../../client/fetch-file.ts';
import type { ChosenFile, PublisherChoice } from '../../client/file-choice.ts';
import { holdsContent, syncFile } from '../../client/present-file.ts';
import { RateLimit } from '../../client/rate-limit.ts';
import { resolveFile } from '../../client/resolve-file.ts';
import { Problem } from '../../problems/problem.ts';
import { type Declare, rate } from '../command.ts';
import type { Context } from '../context.ts';
import { humanSize } from '../human.ts';
import { showProgress } from '../progress.ts';
import { askPublisher } from '../prompts.ts';
import { type SavePlace, savePlace } from '../save-place.ts';
import { printable } from '../text.ts';

export interface GetFlags {
  readonly output?: string;
  readonly from?: string;
  readonly publisher?: string;
  readonly newest?: boolean;
  readonly sync?: boolean;
  readonly limitRate?: number;
}

const STDOUT = '-';

export const declareGet: Declare = (command, program) => {
  const { say } = program;
  command
    .option('-o, --output <path>', say('get.output'))
    .option('--from <node>', say('get.from'))
    .option('--publisher <id>', say('get.publisher'))
    .option('--newest', say('get.newest'))
    .option('--sync', say('get.sync'))
    .option('--limit-rate <rate>', say('flag.limit-rate'), rate);
  command.action(
    program.act<GetFlags>(async (context, [name = ''], flags) => {
      if (flags.output === STDOUT && context.output.json) {
        throw new Problem('usage', { reason: say('get.stdout-json') });
      }
      const view = await context.view();
      const chosen = await resolveFile(view, name, publisherChoice(context, flags));
      const from = flags.from === undefined ? null : await view.resolveNode(flags.from);
      const file = from === null ? chosen : onlyFrom(chosen, from);
      if (flags.output === STDOUT) await fetch(context, file, { stream: context.streams.stdout }, flags);
      else await save(context, file, flags);
    }),
  );
};

/** Also what the menu does. @throws Problem */
export async function save(context: Context, file: ChosenFile, flags: GetFlags): Promise<void> {
  const { output, say } = context;
  const startMs = performance.now();
  const place = await savePlace(file.name, file.cid, flags.output);
  const isThere = await isThereAlready(context, place, file, flags);
  const resumedBytes = isThere
    ? file.size
    : (await fetch(context, file, targetOf(place, flags), flags)).resumedBytes;
  const { name, cid, size } = file;
  const { path } = place;
  const ms = Math.round(performance.now() - startMs);
  output.result({ name, cid, size, path, resumedBytes, ms }, () => {
    const words = { name: printable(name), size: humanSize(size, say.language), path: printable(path), cid };
    const done = say(isThere ? 'get.there' : 'get.done', words);
    // An outlet may be the very terminal or pipe that stdout is: its bytes stay alone there.
    if (place.type === 'outlet') output.note(done);
    else output.line(done);
  });
}

/** Whether these very bytes are there. @throws Problem `file_exists` when others are, that nobody asked to replace */
async function isThereAlready(
  { signal }: Context,
  place: SavePlace,
  file: ChosenFile,
  { sync }: GetFlags,
): Promise<boolean> {
  if (place.type === 'outlet' || !place.present) return false;
  const { path, named } = place;
  const isSame = await holdsContent(path, file, signal);
  if (!isSame && !named) throw new Problem('file_exists', { path });
  if (isSame && sync) await syncFile(path);
  return isSame;
}

function targetOf(place: SavePlace, { sync }: GetFlags): Target {
  return place.type === 'outlet' ? { outlet: place.path } : { path: place.path, sync: sync ?? false };
}

async function fetch(context: Context, file: ChosenFile, to: Target, flags: GetFlags): Promise<Downloaded> {
  const { output, signal, say } = context;
  const limit = flags.limitRate === undefined ? null : new RateLimit(flags.limitRate, signal);
  const progress = showProgress(output, printable(file.name), file.size);
  try {
    return await fetchFile(file, {
      ...to,
      limit,
      signal,
      onBytes: (bytes) => progress.add(bytes),
      onSources: (count) => progress.from(count),
      onBad: ({ address }) =>
        progress.aside(() => output.note(say('get.bad-node', { node: printable(address) }))),
    });
  } catch (error) {
    if (signal.aborted && 'path' in to) output.note(say('get.kept'));
    throw error;
  } finally {
    progress.done();
  }
}

function onlyFrom(file: ChosenFile, node: { id: string; address: string; endpoints: unknown }): ChosenFile {
  const known = file.providers.find((provider) => provider.id === node.id);
  const { download } = (node.endpoints ?? {}) as { download?: string | null };
  const provider = known ?? {
    id: node.id,
    address: node.address,
    download: download ?? node.address,
    state: 'active',
  };
  return { ...file, providers: [provider] };
}

function publisherChoice(context: Context, { publisher, newest }: GetFlags): PublisherChoice {
  if (publisher !== undefined) return { type: 'publisher', publisher };
  if (newest) return { type: 'newest' };
  if (!context.output.interactive) return { type: 'only' };
  return { type: 'ask', ask: (candidates) => askPublisher(context, candidates) };
}
