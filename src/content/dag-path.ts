/** Where a path inside a directory leads (UnixFS specification, "UnixFS Paths"). */
import { Problem } from '../problems/problem.ts';
import type { Cid } from './cid.ts';
import { DirectoryReader } from './directory-reader.ts';
import type { FetchBlock } from './leaf-map.ts';

export interface ResolvedPath {
  readonly cid: Cid;
  /** The blocks that prove it, from the root on, without that of `cid` itself. */
  readonly way: readonly Cid[];
}

/**
 * Null when a component is not there, or what should be a directory is none.
 * @throws what `fetchBlock` throws
 */
export async function resolvePath(
  root: Cid,
  components: readonly string[],
  fetchBlock: FetchBlock,
): Promise<ResolvedPath | null> {
  const way: Cid[] = [];
  const fetchOnTheWay: FetchBlock = (cid) => {
    way.push(cid);
    return fetchBlock(cid);
  };
  let cid = root;
  for (const component of components) {
    const entry = await findIn(cid, component, fetchOnTheWay);
    if (entry === null) return null;
    cid = entry.cid;
  }
  return { cid, way };
}

async function findIn(...question: Parameters<typeof DirectoryReader.find>): Promise<{ cid: Cid } | null> {
  try {
    return await DirectoryReader.find(...question);
  } catch (error) {
    if (error instanceof Problem && error.code === 'unknown_layout') return null;
    throw error;
  }
}
