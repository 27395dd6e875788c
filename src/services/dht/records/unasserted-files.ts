/** Which of the catalog's files this node does not assert. Runs in the worker. */
import { cidKey } from '../../../records/keys.ts';
import { providerSlot, slotOf } from '../../../records/slot.ts';
import type { CataloguedFile } from './pending-source.ts';
import { sha256 } from './record-checks.ts';
import { kindNumber } from './record-codec.ts';
import type { StoredRecords } from './stored-records.ts';

const PROVIDER = kindNumber('provider');
const PUBLICATION = kindNumber('publication');

/** Indexes of the files of which `self` asserts no publication, or not that it provides them. */
export function unassertedFiles(
  asserted: StoredRecords,
  self: string,
  files: readonly CataloguedFile[],
): number[] {
  return files.flatMap(({ cid, path }, index) => {
    if (path.startsWith('/')) return provides(asserted, self, cid) ? [] : [index]; // Kept for others.
    // A withdrawal stands in the slot of what it withdraws.
    const body = { cid, path, withdrawn: null };
    const slot = slotOf(sha256, self, self, { kind: 'tombstone', body });
    const picked = asserted.scan.pick(bytes(cidKey(sha256, cid)), bytes(slot));
    return picked?.kind === PUBLICATION && provides(asserted, self, cid) ? [] : [index];
  });
}

/** Does `self` say that it has the content? */
export function provides(asserted: StoredRecords, self: string, cid: string): boolean {
  const picked = asserted.scan.pick(bytes(cidKey(sha256, cid)), bytes(providerSlot(sha256, self, cid)));
  return picked?.kind === PROVIDER && picked.expires === null;
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
