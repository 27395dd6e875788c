/**
 * What a node says of itself to a portmapper, signed: with each registration, heartbeat and leave. The text travels as
 * it was signed, so that a newer minor's unknown fields keep their signature.
 */
import { type NodeKey, verifySignature } from './node-key.ts';

/** Keeps a report's signature from passing as another kind; the network id follows it under the signature. */
const DOMAIN = 'anillo-heartbeat-v1\0';

export type ReportAct = 'register' | 'heartbeat' | 'leave';

export interface ReportBody {
  /** The node is a member of the ring now. */
  readonly joined: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly freeBytes: number;
  readonly insecure: boolean;
  /** Round trip of the report before to the same portmapper in milliseconds, or null. */
  readonly roundTripMs: number | null;
}

export interface ReportStatement {
  readonly act: ReportAct;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly incarnation: number;
  /** Rises with every report of an incarnation, so that nobody can play one again. */
  readonly sequence: number;
  readonly report: ReportBody;
}

export interface SignedReportText {
  /** JSON of a ReportStatement. */
  readonly signed: string;
  /** Ed25519, base64. */
  readonly signature: string;
}

/** @param networkId 64 hexadecimal digits */
export function signReport(key: NodeKey, networkId: string, statement: ReportStatement): SignedReportText {
  const signed = JSON.stringify(statement);
  const signature = key.sign(DOMAIN, Buffer.from(networkId, 'hex'), Buffer.from(signed));
  return { signed, signature: Buffer.from(signature).toString('base64') };
}

/** The parsed JSON, not yet checked for its shape, if `publicKey` (raw, 32 bytes) signed it for this network; else null. */
export function openReport(publicKey: Uint8Array, networkId: string, text: SignedReportText): unknown {
  const signature = Buffer.from(text.signature, 'base64');
  const holds = verifySignature(
    publicKey,
    signature,
    DOMAIN,
    Buffer.from(networkId, 'hex'),
    Buffer.from(text.signed),
  );
  if (!holds) return null;
  try {
    return JSON.parse(text.signed);
  } catch {
    return null;
  }
}
