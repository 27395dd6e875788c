/**
 * The door of the registry: only what a node signed for this network, in this life and not said before, changes what is
 * held of it.
 */
import type { Logger } from 'pino';
import type { Static } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  type RegistrationAnswer,
  ReportStatement,
  type SignedReport,
} from '../client/schemas/portmapper-routes.ts';
import type { SignedDescriptor } from '../generated/anillo/ring/v1/ring.ts';
import { type NodeDescriptor, openDescriptor } from '../identity/descriptor.ts';
import { PROTOCOL_MAJOR, PROTOCOL_VERSION } from '../identity/protocol.ts';
import { openReport, type ReportAct } from '../identity/signed-report.ts';
import { Problem } from '../problems/problem.ts';
import { afterLeave, afterSign, type Timings } from './availability.ts';
import type { Clock } from './clock.ts';
import type { Founding } from './founding.ts';
import { addressOf, type KnownNode, type Registry } from './registry.ts';
import type { Seeds } from './seeds.ts';

type Statement = Static<typeof ReportStatement>;
const statementShape = Compile(ReportStatement);

export interface AdmissionOptions {
  readonly registry: Registry;
  readonly founding: Founding;
  readonly seeds: Seeds;
  readonly clock: Clock;
  readonly timings: Timings;
  /** 64 hexadecimal digits. */
  readonly networkId: string;
  readonly log: Logger;
}

export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws Problem `bad_request`, `forbidden`, `other_network`, `other_version`, `superseded`, `replayed`, `registry_full` */
  register(message: SignedReport): RegistrationAnswer {
    const signed = readDescriptor(message);
    if (signed === null) throw new Problem('bad_request', { reason: 'a registration needs the descriptor' });
    const descriptor = this.#open(signed);
    const statement = this.#statement('register', descriptor, message);
    const known = this.#options.registry.get(descriptor.id);
    if (known !== null) {
      refuseOlderLife(known, statement);
      if (known.descriptor.incarnation === statement.incarnation) refuseReplay(known, statement);
    }
    const answer = this.#take(known, descriptor, signed, statement);
    this.#options.log.info({ node: descriptor.id, address: addressOf(descriptor) }, 'a node registered');
    return answer;
  }

  /** @throws Problem as `register`, and `not_registered` */
  heartbeat(id: string, message: SignedReport): RegistrationAnswer {
    const known = this.#known(id);
    const signed = readDescriptor(message) ?? known.signedDescriptor;
    const isNew = !signed.descriptor.equals(known.signedDescriptor.descriptor);
    const descriptor = isNew ? this.#open(signed) : known.descriptor;
    if (descriptor.id !== id)
      throw new Problem('forbidden', { reason: 'The descriptor is of another node.' });
    const statement = this.#statement('heartbeat', descriptor, message);
    refuseOtherLife(known, statement);
    refuseReplay(known, statement);
    return this.#take(known, descriptor, signed, statement);
  }

  /** @throws Problem as `heartbeat` */
  leave(id: string, message: SignedReport): RegistrationAnswer {
    const { registry, clock, founding } = this.#options;
    const known = this.#known(id);
    const statement = this.#statement('leave', known.descriptor, message);
    refuseOtherLife(known, statement);
    refuseReplay(known, statement);
    known.sequence = statement.sequence;
    known.report = { ...statement.report, joined: false };
    known.hasLeft = true;
    registry.touch(known, true);
    registry.place(known, afterLeave(clock.monotonicMs()), clock.unixMs());
    founding.settle(id);
    this.#options.log.info({ node: id, address: known.address }, 'a node left');
    return { ...this.#answer([]), mayFound: false };
  }

  #known(id: string): KnownNode {
    const known = this.#options.registry.get(id);
    if (known === null) throw new Problem('not_registered', { node: id });
    return known;
  }

  /** A descriptor that holds, of this network and a version that this one understands. */
  #open(signed: SignedDescriptor): NodeDescriptor {
    const descriptor = openDescriptor(signed, this.#options.clock.unixMs());
    if (descriptor === null) {
      const reason =
        "The descriptor's signature, identifier, bounds or expiry does not hold. Are the clocks right?";
      throw new Problem('forbidden', { reason });
    }
    const address = addressOf(descriptor);
    if (descriptor.networkId !== this.#options.networkId) {
      const { networkId: theirs } = descriptor;
      throw new Problem('other_network', { address, theirs, ours: this.#options.networkId });
    }
    if (descriptor.protocolMajor !== PROTOCOL_MAJOR) {
      const theirs = `${descriptor.protocolMajor}.${descriptor.protocolMinor}`;
      throw new Problem('other_version', { address, theirs, ours: PROTOCOL_VERSION });
    }
    if (
      !Object.values(descriptor.endpoints).every((endpoint) => endpoint === null || isEndpoint(endpoint)) ||
      address === ''
    ) {
      throw new Problem('bad_request', { reason: 'the descriptor needs endpoints, each host:port' });
    }
    return descriptor;
  }

  #statement(act: ReportAct, descriptor: NodeDescriptor, message: SignedReport): Statement {
    const statement = openReport(descriptor.publicKey, this.#options.networkId, message);
    if (statement === null)
      throw new Problem('forbidden', { reason: "The report's signature does not hold." });
    if (!statementShape.Check(statement))
      throw new Problem('bad_request', { reason: 'the report is malformed' });
    if (statement.act !== act || statement.id !== descriptor.id) {
      throw new Problem('forbidden', { reason: 'The report was signed for something else.' });
    }
    return statement;
  }

  #take(
    known: KnownNode | null,
    descriptor: NodeDescriptor,
    signedDescriptor: SignedDescriptor,
    { sequence, report, incarnation }: Statement,
  ): RegistrationAnswer {
    const { registry, clock } = this.#options;
    if (descriptor.incarnation !== incarnation) {
      throw new Problem('forbidden', { reason: 'Report and descriptor are of different lives of the node.' });
    }
    const unixMs = clock.unixMs();
    const presence = afterSign(clock.monotonicMs());
    const address = addressOf(descriptor);
    const now = {
      descriptor,
      signedDescriptor,
      address,
      report,
      sequence,
      hasLeft: false,
      lastSeenMs: unixMs,
    };
    if (known === null) {
      return this.#answerTo(registry.add({ id: descriptor.id, ...now }, presence, unixMs));
    }
    const isNews = known.signedDescriptor !== signedDescriptor || known.report.joined !== report.joined;
    Object.assign(known, now);
    registry.touch(known, isNews);
    registry.place(known, presence, unixMs);
    return this.#answerTo(known);
  }

  #answerTo(node: KnownNode): RegistrationAnswer {
    const { seeds, founding } = this.#options;
    if (node.report.joined) founding.settle(node.id);
    const answer = this.#answer(seeds.sampleFor(node));
    return { ...answer, mayFound: !node.report.joined && this.#mayFound(node.id) };
  }

  #mayFound(id: string): boolean {
    const { registry, seeds, founding, clock } = this.#options;
    if (seeds.anyBut(id)) return false;
    // A member that fell silent, or has not spoken since this portmapper started, may be a ring that lives.
    const mayLive = registry.inState('suspect').some((node) => node.id !== id && node.report.joined);
    return !mayLive && founding.mayFound(id, clock.monotonicMs());
  }

  #answer(seeds: RegistrationAnswer['seeds']): Omit<RegistrationAnswer, 'mayFound'> {
    const { networkId, timings } = this.#options;
    return { networkId, seeds, heartbeatIntervalMs: timings.heartbeatIntervalMs };
  }
}

function readDescriptor({ descriptor }: SignedReport): SignedDescriptor | null {
  if (descriptor === undefined) return null;
  return {
    descriptor: Buffer.from(descriptor.descriptor, 'base64'),
    signature: Buffer.from(descriptor.signature, 'base64'),
  };
}

/** `host:port` or `[v6]:port` that an HTTP client can be pointed at, and nothing more than that. */
function isEndpoint(text: string): boolean {
  return /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text) && URL.canParse(`http://${text}`);
}

function refuseOlderLife(known: KnownNode, { id, incarnation }: Statement): void {
  if (incarnation < known.descriptor.incarnation) throw new Problem('superseded', { node: id });
}

/** A life that is not registered yet has to register. */
function refuseOtherLife(known: KnownNode, statement: Statement): void {
  refuseOlderLife(known, statement);
  if (statement.incarnation > known.descriptor.incarnation) {
    throw new Problem('not_registered', { node: statement.id });
  }
}

function refuseReplay(known: KnownNode, { id, sequence }: Statement): void {
  if (sequence <= known.sequence) throw new Problem('replayed', { node: id, sequence });
}
