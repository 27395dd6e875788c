/**
 * One portmapper as a node sees it: a kept-alive connection, the signed reports sent over it, and what its answers
 * mean. One report is under way at a time.
 */
import { performance } from 'node:perf_hooks';
import { Client } from 'undici';
import type { SignedDescriptor } from '../../generated/anillo/ring/v1/ring.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import { type ReportAct, type ReportBody, signReport } from '../../identity/signed-report.ts';
import { Problem } from '../../problems/problem.ts';
import type { Contact } from '../../ring/message.ts';

/** A portmapper answers within a millisecond; one that is stopped must not hold a report for long. */
const REPORT_DEADLINE_MS = 1_500;
/** A node that leaves does not wait for its portmappers. */
const LEAVE_DEADLINE_MS = 1_000;
/** Longer than the pause between two reports, so that a node at rest keeps its one connection. */
const KEEP_ALIVE_MS = 25_000;
/** 32 seeds of some 200 bytes, and room for what newer minors add. */
const ANSWER_MAX_BYTES = 64 * 1024;
const SEEDS_MAX = 256;

export interface LinkOptions {
  readonly portmapper: string;
  readonly key: NodeKey;
  readonly networkId: string;
  readonly incarnation: number;
  readonly descriptor: () => SignedDescriptor;
  readonly report: () => Omit<ReportBody, 'roundTripMs' | 'joined'>;
  readonly isJoined: () => boolean;
  /** Rises over all reports of this incarnation. */
  readonly nextSequence: () => number;
}

export type LinkOutcome =
  | {
      readonly type: 'accepted';
      readonly seeds: readonly Contact[];
      readonly mayFound: boolean;
      readonly heartbeatIntervalMs: number;
    }
  /** The portmapper does not know this life of the node: register, at once. */
  | { readonly type: 'forgotten' }
  | { readonly type: 'refused'; readonly problem: Problem }
  | { readonly type: 'unreachable'; readonly reason: string };

export class PortmapperLink {
  readonly #options: LinkOptions;
  readonly #client: Client;
  #underWay: AbortController | null = null;
  #registered = false;
  /** The descriptor that the portmapper took last. */
  #known: SignedDescriptor | null = null;
  #roundTripMs: number | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#client = new Client(new URL(options.portmapper).origin, {
      connectTimeout: REPORT_DEADLINE_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxResponseSize: ANSWER_MAX_BYTES,
      allowH2: false,
    });
  }

  /** Registers, or sends a heartbeat when registered. Never rejects. */
  async report(): Promise<LinkOutcome> {
    const descriptor = this.#options.descriptor();
    const act = this.#registered ? 'heartbeat' : 'register';
    const outcome = await this.#send(act, descriptor, REPORT_DEADLINE_MS);
    if (outcome.type === 'accepted') {
      this.#registered = true;
      this.#known = descriptor;
    } else if (outcome.type === 'forgotten') {
      this.#registered = false;
    }
    return outcome;
  }

  /** Gives up what is under way, says goodbye if `leaving`, and closes the connection. Never rejects. */
  async close(leaving: boolean): Promise<void> {
    this.#underWay?.abort();
    if (leaving && this.#registered) await this.#send('leave', this.#options.descriptor(), LEAVE_DEADLINE_MS);
    await this.#client.destroy();
  }

  async #send(act: ReportAct, descriptor: SignedDescriptor, deadlineMs: number): Promise<LinkOutcome> {
    // Composed signals (AbortSignal.any, AbortSignal.timeout) would cost a node at rest more than all else of a report.
    const limit = new AbortController();
    this.#underWay = limit;
    const late = new Error(`no answer within ${deadlineMs} ms`);
    const timer = setTimeout(() => limit.abort(late), deadlineMs);
    const startedMs = performance.now();
    try {
      const { statusCode, body } = await this.#client.request({
        method: 'POST',
        path: this.#pathOf(act),
        headers: { 'content-type': 'application/json' },
        body: this.#bodyOf(act, descriptor),
        signal: limit.signal,
      });
      const answer: unknown = JSON.parse(await body.text());
      this.#roundTripMs = performance.now() - startedMs;
      return statusCode === 200 ? readAnswer(answer) : readRefusal(statusCode, answer);
    } catch (error) {
      this.#roundTripMs = null;
      return { type: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  #pathOf(act: ReportAct): string {
    const nodes = `${new URL(this.#options.portmapper).pathname.replace(/\/+$/, '')}/api/v1/nodes`;
    return act === 'register' ? nodes : `${nodes}/${this.#options.key.id}/${act}`;
  }

  #bodyOf(act: ReportAct, descriptor: SignedDescriptor): string {
    const { key, networkId, incarnation, report, isJoined, nextSequence } = this.#options;
    const roundTripMs = this.#roundTripMs === null ? null : Math.round(this.#roundTripMs * 1000) / 1000;
    const signed = signReport(key, networkId, {
      act,
      id: key.id,
      incarnation,
      sequence: nextSequence(),
      report: { ...report(), joined: isJoined(), roundTripMs },
    });
    const news = act === 'register' || (act === 'heartbeat' && !sameDescriptor(descriptor, this.#known));
    return JSON.stringify(news ? { ...signed, descriptor: toBase64(descriptor) } : signed);
  }
}

function sameDescriptor(one: SignedDescriptor, other: SignedDescriptor | null): boolean {
  return other === one || (other !== null && one.descriptor.equals(other.descriptor));
}

function toBase64({ descriptor, signature }: SignedDescriptor): { descriptor: string; signature: string } {
  return { descriptor: descriptor.toString('base64'), signature: signature.toString('base64') };
}

function readRefusal(statusCode: number, document: unknown): LinkOutcome {
  const problem = Problem.fromDocument(document);
  if (problem.code === 'not_registered') return { type: 'forgotten' };
  // Whatever stands there and fails is no portmapper in working order: as good as down.
  if (statusCode >= 500) return { type: 'unreachable', reason: problem.message };
  return { type: 'refused', problem };
}

function readAnswer(answer: unknown): LinkOutcome {
  const { seeds, mayFound, heartbeatIntervalMs } = (answer ?? {}) as Record<string, unknown>;
  const holds = Array.isArray(seeds) && typeof mayFound === 'boolean' && Number.isFinite(heartbeatIntervalMs);
  if (!holds) return { type: 'unreachable', reason: 'the answer is not that of a portmapper' };
  return {
    type: 'accepted',
    seeds: seeds.slice(0, SEEDS_MAX).filter(isContact),
    mayFound,
    heartbeatIntervalMs: Number(heartbeatIntervalMs),
  };
}

function isContact(value: unknown): value is Contact {
  const { id, incarnation, address } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{64}$/.test(id) &&
    Number.isSafeInteger(incarnation) &&
    typeof address === 'string' &&
    address.length <= 261
  );
}
