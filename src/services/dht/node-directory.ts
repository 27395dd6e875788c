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

export class NodeDirectory {
  readonly #driver: RingDriver;
  readonly #peers: Peers;

  constructor(driver: RingDriver, peers: Peers) {
    this.#driver = driver;
    this.#peers = peers;
  }

  /** What is known now; the address is '' where it is not. */
  addressNow(id: string): NodeAddress {
    return { id, address: this.#peers.descriptor(id)?.endpoints.index ?? '' };
  }

  /** Asks the node where its address is not known. */
  async address(contact: Contact): Promise<NodeAddress> {
    const descriptor = await this.#peers.describe(contact, DESCRIBE_TIMEOUT_MS);
    return { id: contact.id, address: descriptor?.endpoints.index ?? '' };
  }

  addresses(contacts: readonly Contact[]): Promise<NodeAddress[]> {
    return inParallel(contacts, (contact) => this.address(contact));
  }

  providers(records: readonly FoundProviderRecord[]): Promise<FoundProvider[]> {
    return inParallel(records, (record) => this.#provider(record));
  }

  async #provider({ node, cid, complete }: FoundProviderRecord): Promise<FoundProvider> {
    const { descriptor, state } = await this.#find(node);
    const address = descriptor?.endpoints.index ?? '';
    const download = descriptor?.endpoints.download ?? '';
    return { id: node, address, cid, complete, download, state };
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
