/** A node's REST services, one method for each route; `base` is where that service listens. */
import type { Static, TSchema } from 'typebox';
import type { Call, HttpClient } from './http.ts';
import { Emptied, NodeStatus, Restored, StoredFile, TrashPage, Withdrawn } from './schemas/node-routes.ts';
import { FileDetail, FilePage, Lookup, Ring, SearchAnswer } from './schemas/shared.ts';

/** What is looked up: exactly one of them. */
export interface LookupQuestion {
  readonly key?: string;
  readonly name?: string;
  readonly cid?: string;
}

/** A file on its way to a node. */
export interface FileToPut {
  readonly name: string;
  readonly tags: readonly string[];
  /** In bytes, or null when nobody knows. */
  readonly size: number | null;
  readonly source: AsyncIterable<Uint8Array>;
}

/** Searches and lookups ask others in turn. */
const NETWORK_CALL_TIMEOUT_MS = 30_000;
/** The node reads the whole file before it lists it again. */
const RESTORE_TIMEOUT_MS = 600_000;

export class NodeClient {
  readonly base: string;
  readonly #http: HttpClient;

  constructor(http: HttpClient, base: string) {
    this.#http = http;
    this.base = base;
  }

  status(timeoutMs?: number): Promise<NodeStatus> {
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    return this.#call(NodeStatus, { path: '/api/v1/status', ...limit });
  }

  ring(): Promise<Ring> {
    return this.#call(Ring, { path: '/api/v1/ring' });
  }

  lookup(question: LookupQuestion): Promise<Lookup> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(Lookup, { path: '/api/v1/lookup', query: { ...question }, timeoutMs });
  }

  search(q: string, limit: number): Promise<SearchAnswer> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(SearchAnswer, { path: '/api/v1/search', query: { q, limit }, timeoutMs });
  }

  /** One page of this node's own files. @param cursor from the page before */
  files(cursor: string | undefined): Promise<FilePage> {
    return this.#call(FilePage, { path: '/api/v1/files', query: { limit: 1000, cursor } });
  }

  file(cid: string): Promise<FileDetail> {
    const timeoutMs = NETWORK_CALL_TIMEOUT_MS;
    return this.#call(FileDetail, { path: `/api/v1/files/${encodeURIComponent(cid)}`, timeoutMs });
  }

  /** On the upload service. @throws Problem what the node says, `changed`, `unreachable` */
  put(file: FileToPut): Promise<StoredFile> {
    return this.#http.upload(StoredFile, {
      side: 'node',
      base: this.base,
      path: '/api/v1/files',
      method: 'PUT',
      query: {
        name: file.name,
        tags: file.tags.length === 0 ? undefined : file.tags.join(','),
      },
      source: file.source,
      size: file.size,
    });
  }

  /** Withdraws what this node publishes of `cid`: under every name, or under one. */
  withdraw(cid: string, name: string | undefined): Promise<Withdrawn> {
    const path = `/api/v1/files/${encodeURIComponent(cid)}`;
    return this.#call(Withdrawn, {
      path,
      method: 'DELETE',
      query: { name },
      timeoutMs: NETWORK_CALL_TIMEOUT_MS,
    });
  }

  /** One page of this node's trash, newest first. @param cursor from the page before */
  trash(cursor: string | undefined): Promise<TrashPage> {
    return this.#call(TrashPage, { path: '/api/v1/trash', query: { limit: 1000, cursor } });
  }

  /** @throws Problem `not_found` when this node's trash has no such entry */
  restore(id: string): Promise<Restored> {
    const timeoutMs = RESTORE_TIMEOUT_MS;
    return this.#call(Restored, { path: '/api/v1/trash', method: 'POST', body: { restore: id }, timeoutMs });
  }

  emptyTrash(): Promise<Emptied> {
    return this.#call(Emptied, {
      path: '/api/v1/trash',
      method: 'DELETE',
      timeoutMs: NETWORK_CALL_TIMEOUT_MS,
    });
  }

  /** Whether it was reached within `timeoutMs` in one of `tries` tries. */
  async isThere(timeoutMs: number, tries: number): Promise<boolean> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      if (await this.#http.reaches(this.base, timeoutMs)) return true;
    }
    return false;
  }

  #call<Schema extends TSchema>(schema: Schema, call: Omit<Call, 'side' | 'base'>): Promise<Static<Schema>> {
    return this.#http.call(schema, { side: 'node', base: this.base, ...call });
  }
}
