/** Answers with the bytes of the file that a CID, or a path inside a directory, leads to. */
import type { Cid } from '../../content/cid.ts';
import { Problem } from '../../problems/problem.ts';
import type { HttpReply } from '../http/http-server.ts';
import { contentDisposition } from './content-disposition.ts';
import { answerFile } from './file-answer.ts';
import { absent, type GatewayRequest, resolve } from './gateway-request.ts';

const OCTETS = 'application/octet-stream';

/** Of the paths that hold one content: the first that is whole is served. */
const COPIES_TRIED_MAX = 16;

/** @throws Problem `not_acceptable`, `not_found`, `not_here`, `busy`, `changed`, `suspended`, `bad_range` */
export async function answerContent(asked: GatewayRequest): Promise<HttpReply> {
  const { library, slots, root, path, query, request, reply } = asked;
  const { cid } = path.length === 0 ? { cid: root } : await resolve(asked);
  const [file, ...others] = library.catalog.copiesOf(cid.text, COPIES_TRIED_MAX);
  if (file === undefined) throw library.hasBlock(cid.text) ? shapeless(cid) : absent(asked);
  const disposition = query.download === 'true' ? 'attachment' : 'inline';
  const headers = {
    'content-type': file.type === '' ? OCTETS : file.type,
    'content-disposition': contentDisposition(disposition, query.filename ?? path.at(-1) ?? file.path),
    // Files come from anybody: a page among them must not act as this node's own page.
    'content-security-policy': 'sandbox',
  };
  return answerFile({ library, slots }, [file, ...others], headers, request, reply);
}

/** A directory, or a block of a file: there, and no file. */
function shapeless({ text }: Cid): Problem {
  return new Problem('not_acceptable', { what: text });
}
