/** Questions that the portmapper passes to nodes: to any that lives, with another in its place when one fails. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Static, TSchema } from 'typebox';
import { baseOf, type Call, type HttpClient } from '../client/http.ts';
import { Problem } from '../problems/problem.ts';
import type { KnownNode, Registry } from './registry.ts';

/** For what a node answers by itself. */
const CALL_DEADLINE_MS = 3_000;
/** For what it asks the ring: owners, their replicas and the providers' addresses, in turn. */
const NETWORK_CALL_DEADLINE_MS = 12_000;
/** A node may take its time over a question; meanwhile it is looked at this often, and one that is not there is passed over. */
const LOOK_EVERY_MS = 1_500;
/** Nodes asked for one answer before the asker is told that it failed. */
const TRIES = 3;
/** Two tries within the 3 s of the contract's "away". */
const REACH_TRIES = 2;
const REACH_DEADLINE_MS = 1_450;

/** What speaks of the question or of the ring, not of the node that was asked: another node would say the same. */
const FINAL_STATUS = new Set([400, 404, 409, 410, 413, 416, 504]);

export type Question = Pick<Call, 'path' | 'query'>;

export class NodeCalls {
  readonly #registry: Registry;
  readonly #http: HttpClient;
  /** Uniform in [0, 1). */
  readonly #random: () => number;

  constructor(registry: Registry, http: HttpClient, random: () => number) {
    this.#registry = registry;
    this.#http = http;
    this.#random = random;
  }

  /** @throws Problem what the node said, `no_nodes`, `unreachable`, `deadline` */
  askAny<Schema extends TSchema>(schema: Schema, question: Question): Promise<Static<Schema>> {
    return this.#atAny((node) => this.ask(node, schema, question, NETWORK_CALL_DEADLINE_MS));
  }

  /** As `askAny`, for an answer that is no JSON. @param timeoutMs of one node */
  textOfAny(question: Question, timeoutMs: number): Promise<string> {
    return this.#atAny((node) =>
      this.#http.text({ side: 'node', base: baseOf(node.address), ...question, timeoutMs }),
    );
  }

  /** As `askAny`, for an answer of one JSON value a line: resolves with the first; what fails later fails the rest. */
  linesOfAny(question: Question): Promise<AsyncIterable<unknown>> {
    const timeoutMs = NETWORK_CALL_DEADLINE_MS;
    return this.#atAny((node) =>
      begun(this.#http.lines({ side: 'node', base: baseOf(node.address), ...question, timeoutMs })),
    );
  }

  async #atAny<Answer>(ask: (node: KnownNode) => Promise<Answer>): Promise<Answer> {
    let failure: unknown = new Problem('no_nodes');
    for (const node of this.#candidates()) {
      const answered = new AbortController();
      try {
        return await Promise.race([ask(node), this.#silenceOf(node, answered.signal)]);
      } catch (error) {
        if (error instanceof Problem && FINAL_STATUS.has(error.status)) throw error;
        failure = error;
      } finally {
        answered.abort();
      }
    }
    throw failure;
  }

  /** Fails once the node is not there any more. */
  async #silenceOf({ address }: KnownNode, answered: AbortSignal): Promise<never> {
    do await pause(LOOK_EVERY_MS, null, { signal: answered });
    while (await this.reaches(address));
    throw new Problem('unreachable', { what: 'the.node', address, hint: 'hint.node' });
  }

  /** @throws Problem what the node said, `unreachable`, `deadline` */
  ask<Schema extends TSchema>(
    node: KnownNode,
    schema: Schema,
    question: Question,
    timeoutMs: number = CALL_DEADLINE_MS,
  ): Promise<Static<Schema>> {
    return this.#http.call(schema, { side: 'node', base: baseOf(node.address), ...question, timeoutMs });
  }

  /** Whether the service at `endpoint` answers: two tries within 3 s. */
  async reaches(endpoint: string): Promise<boolean> {
    for (let attempt = 0; attempt < REACH_TRIES; attempt++) {
      if (await this.#http.reaches(baseOf(endpoint), REACH_DEADLINE_MS)) return true;
    }
    return false;
  }

  /** Active members first; suspects may live, and a node that is not on the ring can still say what it holds. */
  #candidates(): KnownNode[] {
    const serving = this.#registry.nodes().filter((node) => node.descriptor.endpoints.index !== null);
    const active = serving.filter((node) => node.presence.state === 'active');
    const members = active.filter((node) => node.report.joined);
    const others = active.filter((node) => !node.report.joined);
    const suspects = serving.filter((node) => node.presence.state === 'suspect');
    return [members, others, suspects].flatMap((group) => this.#shuffled(group)).slice(0, TRIES);
  }

  #shuffled(nodes: readonly KnownNode[]): KnownNode[] {
    return nodes
      .map((node) => ({ node, rank: this.#random() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ node }) => node);
  }
}

/** The lines, of which the first has come. */
async function begun(lines: AsyncGenerator<unknown>): Promise<AsyncIterable<unknown>> {
  const first = await lines.next();
  return (async function* () {
    try {
      if (first.done !== true) yield first.value;
      yield* lines;
    } finally {
      await lines.return(null);
    }
  })();
}
