/** The files of this node: listed, one in full, withdrawn. */
import Type from 'typebox';
import { Withdrawn } from '../../client/schemas/node-routes.ts';
import {
  CidText,
  FileDetail,
  FileName,
  FilePage,
  type ListedFile,
  PageQuery,
  Problem as ProblemSchema,
} from '../../client/schemas/shared.ts';
import { parseCid } from '../../content/cid.ts';
import { directoriesOf } from '../../library/catalog-directory.ts';
import type { CatalogFile } from '../../library/catalog-file.ts';
import type { Library } from '../../library/library.ts';
import { checkName } from '../../library/name.ts';
import { Problem } from '../../problems/problem.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import type { HttpServer } from '../http/http-server.ts';
import { describeFile } from './file-detail.ts';
import type { IndexOptions } from './index-options.ts';
import { publicationsOf, readContent } from './network-search.ts';
import { publishSoon } from './publish-soon.ts';

const FAILURES = { '4xx': ProblemSchema, '5xx': ProblemSchema };
const LIMIT_USUAL = 100;
const CidParams = Type.Object({ cid: CidText });
const WithdrawQuery = Type.Object({
  name: Type.Optional(FileName),
});

export function serveFiles(server: HttpServer, options: IndexOptions): void {
  const { library } = options;
  server.get(
    '/api/v1/files',
    {
      schema: {
        summary: "This node's files, by path",
        tags: ['files'],
        querystring: PageQuery,
        response: { 200: FilePage, ...FAILURES },
      },
    },
    async ({ query }) => pageOf(library, query.limit ?? LIMIT_USUAL, query.cursor),
  );
  server.get(
    '/api/v1/files/:cid',
    {
      schema: {
        summary: 'One file: publications, versions, providers, copies',
        tags: ['files'],
        params: CidParams,
        response: { 200: FileDetail, ...FAILURES },
      },
    },
    ({ params }) => describeFile(options, parseCid(params.cid).text),
  );
  server.delete(
    '/api/v1/files/:cid',
    {
      schema: {
        summary:
          "Withdraws this node's own publications of a CID, or that under one name; the files go to the trash, those in a folder stay",
        tags: ['files'],
        params: CidParams,
        querystring: WithdrawQuery,
        response: { 200: Withdrawn, ...FAILURES },
      },
    },
    ({ params, query }) => withdraw(options, parseCid(params.cid).text, query.name),
  );
}

function pageOf(library: Library, limit: number, cursor: string | undefined): FilePage {
  const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString();
  const files = library.catalog.list({ after, limit: limit + 1 });
  const page = files.slice(0, limit);
  const last = page.at(-1);
  const more = files.length > limit && last !== undefined;
  return { files: page.map(listed), nextCursor: more ? Buffer.from(last.path).toString('base64url') : null };
}

function listed({ path, cid, size, type, tags, modifiedMs, why }: CatalogFile): ListedFile {
  return { name: path, cid, size, type, tags: [...tags], modified: modifiedMs, why };
}

async function withdraw(options: IndexOptions, cid: string, name: string | undefined): Promise<Withdrawn> {
  const { library, dht } = options;
  const path = name === undefined ? null : checkName(name);
  const files = [...library.catalog.everyFileOf(cid)].filter(
    (file) => file.why === 'own' && (path === null || file.path === path),
  );
  const directories = directoriesOf(library.catalog, cid).filter(
    (directory) => path === null || directory.path === path,
  );
  if (files.length + directories.length === 0) throw await refusal(dht, cid, path);
  const withdrawn: Withdrawn['withdrawn'] = [];
  for (const directory of directories) {
    if ((await library.withdrawDirectory(directory.path)) !== null)
      withdrawn.push({ name: directory.path, cid, trashId: '' });
  }
  for (const { path } of files) {
    for (const { file, trashId } of await library.withdraw(path))
      withdrawn.push({ name: file.path, cid: file.cid, trashId: trashId ?? '' });
  }
  await publishSoon(
    dht,
    [...files, ...directories].map(({ path: withdrawnPath }) => withdrawnPath),
    options.log,
  );
  return { withdrawn };
}

/** Another node's publication is not this one's to withdraw. */
async function refusal(dht: DhtApi, cid: string, path: string | null): Promise<Problem> {
  const published = publicationsOf(await readContent(dht, cid)).some(
    (publication) => publication.cid === cid && (path === null || publication.path === path),
  );
  return new Problem(published ? 'not_yours' : 'not_found', {
    what: path === null ? cid : `${path} (${cid})`,
  });
}
