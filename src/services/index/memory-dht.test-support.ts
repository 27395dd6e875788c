/** The DHT as a table, for tests of what stands on the port: a record stands under each key that names it. */
import type { Library } from '../../library/library.ts';
import { Problem } from '../../problems/problem.ts';
import type {
  DhtApi,
  DhtLookup,
  DhtStatus,
  Found,
  FoundProvider,
  FoundPublication,
  KeySource,
  RingMember,
} from '../dht/dht-api.ts';

const NOBODY: Found = {
  publications: [],
  versions: [],
  providers: [],
  replicasAsked: 3,
  replicasAgreed: 3,
  truncated: false,
};

export class MemoryDht implements DhtApi {
  readonly id: string;
  readonly publications: FoundPublication[] = [];
  readonly providers: FoundProvider[] = [];
  members: RingMember[] = [];
  away = 0;
  /** What publications replaced. */
  readonly versions: FoundPublication[] = [];
  /** Keys that cannot be read, or all with `*`. */
  readonly unreadable = new Set<string>();
  #library: Library | null = null;
  #seq = 1n;

  constructor(id: string) {
    this.id = id;
  }

  /** Publishes what waits in the catalog of `library`, as the node `id`. */
  serve(library: Library): void {
    this.#library = library;
  }

  add(publication: Partial<FoundPublication> & Pick<FoundPublication, 'path' | 'cid'>): void {
    this.publications.push({
      kind: 'publication',
      publisher: this.id,
      seq: this.#seq++,
      size: 1,
      type: 'text/plain',
      modified: 1,
      tags: [],
      copies: 1,
      previous: null,
      ...publication,
    } as FoundPublication);
  }

  provide(cid: string, more: Partial<FoundProvider> = {}): void {
    const at = `${more.id ?? this.id}`.slice(0, 4);
    this.providers.push({
      id: this.id,
      address: `${at}:1`,
      download: `${at}:2`,
      cid,
      complete: true,
      state: 'active',
      ...more,
    });
  }

  /** Readable in tests: which kind of key, of what. */
  keyOf(source: KeySource, text: string): string {
    return `${source}:${text}`;
  }

  async status(): Promise<DhtStatus> {
    if (this.unreadable.has('*')) throw new Problem('unreachable');
    return {
      id: this.id,
      networkId: 'f'.repeat(64),
      incarnation: 7,
      joined: true,
      inDoubt: false,
      predecessor: null,
      successors: [],
      successorsMax: 16,
      suspects: [],
      estimatedRingSize: 1,
      away: this.away,
      records: this.publications.length,
      pending: 0,
      refused: 0,
    };
  }

  async ring(): Promise<readonly RingMember[]> {
    return this.members;
  }

  async lookup(key: string): Promise<DhtLookup> {
    return { id: key, owner: { id: this.id, address: 'a:1' }, path: [], hops: 0, ms: 0.5 };
  }

  async find(key: string, limit: number): Promise<Found> {
    if (this.unreadable.has(key) || this.unreadable.has('*'))
      throw new Problem('deadline', { what: key, timeoutMs: 1 });
    const publications = this.publications.filter(({ path, cid }) => {
      const nested = path.includes('/') && key === this.keyOf('base', path.slice(path.lastIndexOf('/') + 1));
      return nested || key === this.keyOf('name', path) || key === this.keyOf('cid', cid);
    });
    const providers = this.providers.filter(({ cid }) => key === this.keyOf('cid', cid));
    return {
      ...NOBODY,
      publications: publications.slice(0, limit),
      versions: this.versions.filter(({ path }) => key === this.keyOf('name', path)),
      providers,
      truncated: publications.length > limit,
    };
  }

  async publish(): Promise<{ readonly pending: number }> {
    const catalog = this.#library?.catalog;
    for (const { id, act, file } of catalog?.pending(1000) ?? []) {
      const known = this.publications.findIndex(
        ({ path, publisher }) => path === file.path && publisher === this.id,
      );
      if (known >= 0) this.publications.splice(known, 1);
      const { modifiedMs: modified, ...rest } = file;
      if (act === 'publish') this.add({ ...rest, modified });
      catalog?.settle([id]);
    }
    return { pending: 0 };
  }
}
