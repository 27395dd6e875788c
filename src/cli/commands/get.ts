/** `anillo get`: a file by path, last component or CID; verified, resumed. */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ChosenFile, PublisherChoice } from '../../client/file-choice.ts';
import { type Fetched, fetchFile, resolveFile } from '../../client/get-file.ts';
import { RateLimit } from '../../client/rate-limit.ts';
import { Problem } from '../../problems/problem.ts';
import { type Declare, rate } from '../command.ts';
import type { Context } from '../context.ts';
import { humanSize } from '../human.ts';
import { showProgress } from '../progress.ts';
import { askPublisher } from '../prompts.ts';
import { savePlace } from '../save-place.ts';
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
      if (flags.output === STDOUT) await writeToStdout(context, file, flags);
      else await save(context, file, flags);
    }),
  );
};

/** Also what the menu does. @throws Problem */
export async function save(context: Context, file: ChosenFile, flags: GetFlags): Promise<void> {
  const { output, say } = context;
  const path = await savePlace(file.name, file.cid, flags.output);
  const { resumedBytes } = await fetch(context, file, path, flags);
  const { name, cid, size } = file;
  output.result({ name, cid, size, path, resumedBytes }, () => {
    const words = { name: printable(name), size: humanSize(size, say.language), path: printable(path), cid };
    output.line(say('get.done', words));
  });
}

/** Verified first, then written: what leaves by a pipe cannot be taken back. */
async function writeToStdout(context: Context, file: ChosenFile, flags: GetFlags): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'anillo-get-'));
  try {
    const path = join(folder, 'content');
    await fetch(context, file, path, flags);
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), context.streams.stdout, {
      end: false,
      signal: context.signal,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetch(context: Context, file: ChosenFile, path: string, flags: GetFlags): Promise<Fetched> {
  const progress = showProgress(context.output, printable(file.name), file.size);
  try {
    return await fetchFile(file, {
      path,
      sync: flags.sync ?? false,
      limit: flags.limitRate === undefined ? null : new RateLimit(flags.limitRate, context.signal),
      signal: context.signal,
      onBytes: (bytes) => progress.add(bytes),
    });
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
