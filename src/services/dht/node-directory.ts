/** From a node's id to where its services are: by its descriptor, asking the node or the ring where that is not known. */
import type { NodeDescriptor } from '../../identity/descriptor.ts';
import type { Contact } from '../../ring/message.ts';
import type { FoundProvider, NodeAddress } from './dht-api.ts';
import type { Peers } from './peers.ts';
import type { FoundProviderRecord } from './records/found-records.ts';
import type { RingDriver } from './ring-driver.ts';
import type { NodeState } from './ring-view.ts';

const DESCRIBE_TIMEOUT_MS = 1_000;
const FIND_TIMEOUT_MS = 2_000;
const PARALLEL = 8;
const NOWHERE = { index: null, dht: null, download: null };

export class NodeDirectory {
  readonly #driver: RingDriver;
  readonly #peers: Peers;

  constructor(driver: RingDriver, peers: Peers) {
    this.#driver = driver;
    this.#peers = peers;
  }

  /** By what is known now: nobody is asked. */
  addressNow(contact: Contact): NodeAddress {
    return named(contact, this.#peers.descriptor(contact.id));
  }

  /** Asks the node where its descriptor is not known. */
  async address(contact: Contact): Promise<NodeAddress> {
    return named(contact, await this.#peers.describe(contact, DESCRIBE_TIMEOUT_MS));
  }

  /** Those from which a file can be fetched: whoever says where its download service is, or said so while it was met. */
  async providers(records: readonly FoundProviderRecord[]): Promise<FoundProvider[]> {
    const found = await inParallel(records, (record) => this.#provider(record));
    return found.filter((provider) => provider !== null);
  }

  async #provider({ node, cid, complete }: FoundProviderRecord): Promise<FoundProvider | null> {
    const { descriptor, state } = await this.#find(node);
    const { index, dht, download } = descriptor?.endpoints ?? NOWHERE;
    if (download === null) return null;
    return { id: node, address: index ?? dht ?? download, cid, complete, download, state };
  }

  async #find(id: string): Promise<{ descriptor: NodeDescriptor | null; state: NodeState }> {
    if (id === this.#driver.self.id) return { descriptor: this.#peers.descriptor(id), state: 'active' };
    const known = this.#driver.known(id);
    if (known?.state === 'inactive') return { descriptor: this.#peers.descriptor(id), state: 'inactive' };
    // A node's id is a point on the ring that the node itself owns.
    const contact = known?.contact ?? (await this.#onRing(id));
    if (contact === null) return { descriptor: this.#peers.descriptor(id), state: 'inactive' };
    const descriptor = await this.#peers.describe(contact, DESCRIBE_TIMEOUT_MS);
    return { descriptor, state: descriptor === null ? 'inactive' : (known?.state ?? 'active') };
  }

  async #onRing(id: string): Promise<Contact | null> {
    try {
      const { owner } = await this.#driver.lookup(id, FIND_TIMEOUT_MS);
      return owner?.id === id ? owner : null;
    } catch {
      return null;
    }
  }
}

/** A node without an index service, or that nobody here has met, is called by where the ring finds it. */
function named(contact: Contact, descriptor: NodeDescriptor | null): NodeAddress {
  return { id: contact.id, address: descriptor?.endpoints.index ?? contact.address };
}

/** Answers in the order of `items`, a bounded number of them sought at once. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  seek: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await seek(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, work));
  return results;
}
