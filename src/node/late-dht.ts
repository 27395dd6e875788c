/**
 * The DHT for services that begin to listen before it: its descriptor names their ports, so they open first. Until it
 * is there they answer `not_ready`.
 */
import { Problem } from '../problems/problem.ts';
import type {
  DhtApi,
  DhtLookup,
  DhtStatus,
  Found,
  KeySource,
  PublishOptions,
  RingMember,
} from '../services/dht/dht-api.ts';
import { keyOf } from '../services/dht/key-of.ts';

export class LateDht implements DhtApi {
  #api: DhtApi | null = null;

  become(api: DhtApi): void {
    this.#api = api;
  }

  keyOf(source: KeySource, text: string): string {
    return keyOf(source, text);
  }

  async status(): Promise<DhtStatus> {
    return this.#now().status();
  }

  async ring(): Promise<readonly RingMember[]> {
    return this.#now().ring();
  }

  async lookup(key: string, timeoutMs?: number): Promise<DhtLookup> {
    return this.#now().lookup(key, timeoutMs);
  }

  async find(key: string, limit: number, timeoutMs?: number): Promise<Found> {
    return this.#now().find(key, limit, timeoutMs);
  }

  async publish(options: PublishOptions): Promise<{ readonly pending: number }> {
    return this.#now().publish(options);
  }

  #now(): DhtApi {
    if (this.#api === null) throw new Problem('not_ready');
    return this.#api;
  }
}
