/** `dht.DHTService/Lookup`, the one method that clients of the replaced system call: which node is responsible for a text? */
import { createHash } from 'node:crypto';
import { DHTServiceService, type LookupRequest, type LookupResponse } from '../../generated/dht/dht.ts';
import { bounded, timeLeftMs, unary } from './bounded-service.ts';
import type { DhtApi } from './dht-api.ts';
import { CONTROL_MAX_BYTES } from './ring-codec.ts';

export function olderService(dht: DhtApi) {
  const lookup = unary<LookupRequest, LookupResponse>(async ({ key }, call) => {
    const hashed = createHash('sha256').update(key).digest('hex');
    const { owner } = await dht.lookup(hashed, timeLeftMs(call));
    return { responsibleNode: owner.address };
  });
  return { service: bounded(DHTServiceService, CONTROL_MAX_BYTES), handlers: { lookup } };
}
