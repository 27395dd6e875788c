/** What a client of the gateway asks for, and how what it names is found among this node's blocks. */
import type { Cid } from '../../content/cid.ts';
import { type ResolvedPath, resolvePath } from '../../content/dag-path.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import type { FormatQuery } from './content-format.ts';
import type { PartQuery } from './dag-part.ts';
import type { Source } from './file-answer.ts';

export interface GatewayQuery extends FormatQuery, PartQuery {
  /** The name to save under. */
  readonly filename?: string | undefined;
  /** `true`: to be saved, not shown. */
  readonly download?: string | undefined;
}

export interface GatewayRequest extends Source {
  readonly root: Cid;
  /** Names from the root on. */
  readonly path: readonly string[];
  readonly query: GatewayQuery;
  readonly request: HttpRequest;
  readonly reply: HttpReply;
}

/**
 * The names of a path that was percent-decoded; `.` and `..` are followed.
 * @throws Problem `bad_request` for one that leads above its root
 */
export function readPath(text: string): string[] {
  const path: string[] = [];
  for (const component of text.split('/')) {
    if (component === '' || component === '.') continue;
    if (component !== '..') path.push(component);
    else if (path.pop() === undefined)
      throw new Problem('bad_request', { reason: 'the path leads above its root' });
  }
  return path;
}

/** A block of this node. @throws Problem `not_found`, `changed`, `suspended` */
export async function fetchBlock({ library }: GatewayRequest, cid: Cid): Promise<Uint8Array> {
  const block = await library.readBlock(cid.text);
  if (block === null) throw new Problem('not_found', { what: cid.text });
  return block;
}

/** Where the path leads. @throws Problem `not_found`, `not_here` and as `fetchBlock` */
export async function resolve(asked: GatewayRequest): Promise<ResolvedPath> {
  const { library, root, path } = asked;
  if (!library.hasBlock(root.text)) throw absent(asked);
  const resolved = await resolvePath(root, path, (cid) => fetchBlock(asked, cid));
  if (resolved === null) throw absent(asked);
  return resolved;
}

/** Who wants only what is here is told so: 412 (Path Gateway Specification, "only-if-cached"). */
export function absent({ root, path, request }: GatewayRequest): Problem {
  const what = [root.text, ...path].join('/');
  const isOnlyIfHere = /\bonly-if-cached\b/i.test(request.headers['cache-control'] ?? '');
  return new Problem(isOnlyIfHere ? 'not_here' : 'not_found', { what });
}
