/**
 * A record's slot: records of one slot replace one another. Publication and tombstone share theirs, so that whichever is
 * newer stands; a node has one provider record for a content, whatever it says.
 */
import type { Identifier } from '../ring/identifier.ts';
import { type Sha256, toHex, utf8 } from './bytes.ts';
import type { RecordBody } from './record.ts';

/** SHA-256 over class, publisher and what the class is unique by; no field may hold a NUL. */
export function slotOf(sha256: Sha256, publisher: string, signer: string, record: RecordBody): Identifier {
  switch (record.kind) {
    case 'publication':
    case 'tombstone':
      return hashed(sha256, 'publication', publisher, record.body.cid, record.body.path);
    case 'provider':
      return providerSlot(sha256, signer, record.body.cid);
    case 'split':
      return hashed(sha256, 'split', publisher, record.body.base, record.body.shard);
  }
}

export function providerSlot(sha256: Sha256, signer: string, cid: string): Identifier {
  return hashed(sha256, 'provider', signer, cid);
}

function hashed(sha256: Sha256, ...fields: readonly string[]): Identifier {
  return toHex(sha256(utf8(`slot\0${fields.join('\0')}`)));
}
