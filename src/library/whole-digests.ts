/**
 * SHA-256 of whole files, as programs outside IPFS check them (`Repr-Digest`, Metalink). Of a file of one piece it is in the
 * CID; of larger ones it is computed when first asked for, and kept with the content.
 */
import { parseCid } from '../content/cid.ts';
import { WholeDigester } from '../content/whole-digest.ts';
import type { Catalog } from './catalog.ts';
import type { CatalogFile } from './catalog-file.ts';
import type { CatalogWriter } from './catalog-orders.ts';
import type { OpenFile } from './reader.ts';

export class WholeDigests {
  readonly #catalog: Catalog;
  readonly #writer: CatalogWriter;
  readonly #open: (file: CatalogFile) => Promise<OpenFile>;
  readonly #digester = new WholeDigester();
  /** By CID: whoever asks meanwhile gets the same answer. */
  readonly #underWay = new Map<string, Promise<Uint8Array>>();

  constructor(catalog: Catalog, writer: CatalogWriter, open: (file: CatalogFile) => Promise<OpenFile>) {
    this.#catalog = catalog;
    this.#writer = writer;
    this.#open = open;
  }

  /** Null while the file would have to be read. */
  known(cid: string): Uint8Array | null {
    const { codec, digest } = parseCid(cid);
    if (codec === 'raw') return digest;
    const row = this.#catalog.statement('SELECT sha256 FROM contents WHERE cid = ?').get(cid);
    return (row?.sha256 ?? null) as Uint8Array | null;
  }

  /** @throws Problem `changed`, `suspended`, `interrupted`; the system's error */
  async of(file: CatalogFile): Promise<Uint8Array> {
    const { cid } = file;
    const known = this.known(cid) ?? this.#underWay.get(cid);
    if (known !== undefined) return known;
    const computed = this.#compute(file).finally(() => this.#underWay.delete(cid));
    this.#underWay.set(cid, computed);
    return computed;
  }

  close(): Promise<void> {
    return this.#digester.close();
  }

  async #compute(file: CatalogFile): Promise<Uint8Array> {
    const open = await this.#open(file);
    try {
      const digest = await open.digest(this.#digester);
      await this.#writer.write('noteDigest', file.cid, digest);
      return digest;
    } finally {
      await open.close();
    }
  }
}
