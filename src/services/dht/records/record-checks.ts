/** The checks of records with this platform's hash and signatures; each batch's signature is checked once. */
import { hash } from 'node:crypto';
import { nodeIdOf, verifySignature } from '../../../identity/node-key.ts';
import type { Sha256 } from '../../../records/bytes.ts';
import type { SignedBatch } from '../../../records/record.ts';
import { type Checks, type Refusal, refuseBatch } from '../../../records/validate.ts';

/** Roots remembered; one is 64 digits. */
const ROOTS_MAX = 8192;

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');

export function checksOf(networkId: string): Checks {
  return { networkId, sha256, nodeIdOf, verify: verifySignature };
}

/** Remembers which batches held: one Ed25519 check for all records of a root. */
export class CheckedBatches {
  readonly #checks: Checks;
  readonly #held = new Map<string, string>();

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  refuse(batch: SignedBatch): Refusal | null {
    const root = Buffer.from(batch.root).toString('hex');
    const identity = Buffer.concat([batch.signerKey, batch.signature]).toString('base64') + batch.signer;
    if (this.#held.get(root) === identity && batch.networkId === this.#checks.networkId) return null;
    const refused = refuseBatch(this.#checks, batch);
    if (refused !== null) return refused;
    if (this.#held.size >= ROOTS_MAX) this.#held.delete(this.#held.keys().next().value ?? '');
    this.#held.set(root, identity);
    return null;
  }
}
