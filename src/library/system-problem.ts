/**
 * What the system's refusals mean to whoever asked: one table from its error codes to problems with a stable code. What has
 * no row is a fault of this program and stays `internal`.
 */
import { Problem } from '../problems/problem.ts';
import type { ReasonCode } from '../problems/reasons.ts';

type Meaning = (what: string, error: unknown) => Problem;

const noSpace: Meaning = (what, error) => new Problem('no_space', { what, where: 'in.disk' }, error);
const cannotWrite =
  (reason: ReasonCode): Meaning =>
  (what, error) =>
    new Problem('cannot_write', { path: what, reason }, error);

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  // Something came to the place each time just before the file.
  EEXIST: (_, error) => new Problem('busy', { seconds: 1 }, error),
  ENAMETOOLONG: (name, error) => new Problem('bad_name', { name, reason: 'name.file-system-long' }, error),
  EACCES: cannotWrite('EACCES'),
  EPERM: cannotWrite('EPERM'),
  EROFS: cannotWrite('EROFS'),
  EXDEV: cannotWrite('EXDEV'),
  EIO: cannotWrite('EIO'),
};

/** Result codes of SQLite (sqlite.org/rescode.html), without their extensions. */
const SQLITE_MEANINGS: Readonly<Record<number, Meaning>> = {
  8: cannotWrite('EROFS'),
  13: noSpace,
};

/** @param what the name of the file that it is about; `error` itself where it is a problem already */
export function systemProblem(error: unknown, what: string): Problem {
  if (error instanceof Problem) return error;
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  const meaning =
    typeof errcode === 'number'
      ? SQLITE_MEANINGS[errcode & 0xff]
      : MEANINGS[typeof code === 'string' ? code : ''];
  return meaning === undefined ? Problem.from(error) : meaning(what, error);
}
