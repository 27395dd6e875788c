/**
 * A node's Ed25519 key and the identifier that follows from it:
 * id = SHA-256("anillo-node-v1\0" + raw public key), 64 lower-case hexadecimal digits.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../storage/durable-file.ts';

export const NODE_KEY_FILE = 'node-key.pem';

/** DER prefix of an Ed25519 SubjectPublicKeyInfo (RFC 8410); the 32 raw bytes follow. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export class NodeKey {
  readonly id: string;
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #private: KeyObject;

  constructor(privateKey: KeyObject) {
    this.#private = privateKey;
    this.publicKey = new Uint8Array(
      createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length),
    );
    this.id = nodeIdOf(this.publicKey);
  }

  /** 64 bytes over domain + message; `domain` ends in "\0" and keeps one kind of signature from passing as another. */
  sign(domain: string, ...message: readonly Uint8Array[]): Uint8Array {
    return sign(null, Buffer.concat([Buffer.from(domain), ...message]), this.#private);
  }

  /** PKCS#8 PEM, for a worker thread of the same process. Never leaves the machine. */
  toPem(): string {
    return this.#private.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  static fromPem(pem: string): NodeKey {
    return new NodeKey(createPrivateKey(pem));
  }

  static generate(): NodeKey {
    return new NodeKey(generateKeyPairSync('ed25519').privateKey);
  }
}

/** Reads the key of `dataDir`, or makes it once, mode 0600. */
export async function loadNodeKey(dataDir: string): Promise<NodeKey> {
  const file = join(dataDir, NODE_KEY_FILE);
  const found = readIfThere(file);
  if (found !== null) return NodeKey.fromPem(found);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = NodeKey.generate();
  await writeDurably(file, key.toPem(), 0o600);
  return key;
}

/** @param publicKey raw Ed25519, 32 bytes */
export function nodeIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update('anillo-node-v1\0').update(publicKey).digest('hex');
}

/** False for anything malformed; never throws. */
export function verifySignature(
  publicKey: Uint8Array,
  signature: Uint8Array,
  domain: string,
  ...message: readonly Uint8Array[]
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, publicKey]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, Buffer.concat([Buffer.from(domain), ...message]), key, signature);
  } catch {
    return false;
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
