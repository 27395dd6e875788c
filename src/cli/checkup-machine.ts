/** What `doctor` looks at on this machine. */
import { readFile, statfs } from 'node:fs/promises';
import { type Finding, failed, ok, warning } from './checkup.ts';
import { humanSize } from './human.ts';
import type { Say } from './language.ts';

const NODE_OLDEST = 24;
const SPACE_LOW_BYTES = 1024 ** 3;
/** Below this uploads are refused. */
const SPACE_GONE_BYTES = 256 * 1024 ** 2;
/** One watch for each folder that is shared (inotify(7)). */
const WATCHES_FEW = 65_536;
const INSTANCES_FEW = 128;

export async function checkMachine(say: Say): Promise<readonly Finding[]> {
  return [checkNode(say), await checkSpace(say), ...(await checkInotify(say))];
}

function checkNode(say: Say): Finding {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= NODE_OLDEST)
    return ok('node-version', say('doctor.node', { version: node }));
  return failed(
    'node-version',
    say('doctor.node', { version: node }),
    say('doctor.node-advice', { oldest: NODE_OLDEST }),
  );
}

async function checkSpace(say: Say): Promise<Finding> {
  const folder = process.cwd();
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const text = say('doctor.space', { free: humanSize(free, say.language), folder });
  if (free < SPACE_GONE_BYTES) return failed('disk-space', text, say('doctor.space-advice'));
  return free < SPACE_LOW_BYTES
    ? warning('disk-space', text, say('doctor.space-advice'))
    : ok('disk-space', text);
}

async function checkInotify(say: Say): Promise<readonly Finding[]> {
  const watches = await readLimit('max_user_watches');
  const instances = await readLimit('max_user_instances');
  // Another system than Linux has no such limits.
  if (watches === null || instances === null) return [];
  const text = say('doctor.inotify', { watches, instances });
  if (watches >= WATCHES_FEW && instances >= INSTANCES_FEW) return [ok('inotify', text)];
  return [warning('inotify', text, say('doctor.inotify-advice'))];
}

async function readLimit(name: string): Promise<number | null> {
  try {
    const limit = Number.parseInt(await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8'), 10);
    return Number.isNaN(limit) ? null : limit;
  } catch {
    return null;
  }
}
