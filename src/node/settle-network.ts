/**
 * Which network this node belongs to: the one that its data directory remembers; else that of the first contact that
 * answers; else, for a node that was given no contact, a new one. Nothing is written here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { HttpClient } from '../client/http.ts';
import { NetworkInfo } from '../client/schemas/portmapper-routes.ts';
import { makeNetworkId, readNetworkId } from '../identity/network.ts';
import { PROTOCOL_MAJOR, PROTOCOL_VERSION } from '../identity/protocol.ts';
import { Problem } from '../problems/problem.ts';
import type { ReasonCode } from '../problems/reasons.ts';
import { askNetwork } from '../services/dht/ask-network.ts';
import type { NodeConfig } from './configuration.ts';

/** A contact that is there answers at once; the machine may be busy. */
const ASK_TIMEOUT_MS = 2_000;
/** A portmapper or node that is started beside this one may take so long to listen. */
const FIRST_CONTACT_MAX_MS = 10_000;
const RETRY_MS = 250;

interface Asker {
  readonly log: Logger;
  /** Ends the asking. */
  readonly signal?: AbortSignal;
}

type Contacts = Pick<NodeConfig, 'data' | 'portmappers' | 'join'>;

/**
 * @returns the network id, 64 hexadecimal digits
 * @throws Problem `interrupted`, `unreachable` (no contact answers a node that has no network yet), `other_network`, `other_version`
 */
export async function settleNetwork(
  config: Contacts,
  { log, signal = new AbortController().signal }: Asker,
  firstContactMaxMs: number = FIRST_CONTACT_MAX_MS,
): Promise<string> {
  const known = readNetworkId(config.data);
  if (config.portmappers.length + config.join.length === 0) return known ?? makeNetworkId();
  const client = new HttpClient(signal);
  const ask = async (): Promise<string[]> => {
    const portmappers = config.portmappers.map((url) => askPortmapper(client, url, known));
    // A node that was started before meets its peers as a member: it need not ask them here.
    const peers =
      known === null ? config.join.map((address) => askNetwork(address, ASK_TIMEOUT_MS, signal)) : [];
    return answersOf(await Promise.allSettled([...portmappers, ...peers]), log);
  };
  try {
    if (known !== null) {
      await ask();
      requireGoing(signal);
      return known;
    }
    const [ours = '', ...others] = await firstAnswers(ask, config, firstContactMaxMs, signal);
    const theirs = others.find((other) => other !== ours);
    if (theirs !== undefined)
      throw new Problem('other_network', { address: contactsText(config), theirs, ours });
    return ours;
  } finally {
    await client.close();
  }
}

async function askPortmapper(client: HttpClient, base: string, known: string | null): Promise<string> {
  const call = { side: 'portmapper' as const, base, path: '/api/v1/network', timeoutMs: ASK_TIMEOUT_MS };
  const { networkId, protocolVersion } = await client.call(NetworkInfo, call);
  if (protocolVersion.split('.')[0] !== String(PROTOCOL_MAJOR)) {
    throw new Problem('other_version', { address: base, theirs: protocolVersion, ours: PROTOCOL_VERSION });
  }
  if (known !== null && networkId !== known) {
    throw new Problem('other_network', { address: base, theirs: networkId, ours: known });
  }
  return networkId;
}

/** What those say that answered. A refusal counts, however many others are silent. */
function answersOf(results: readonly PromiseSettledResult<string>[], log: Logger): string[] {
  for (const result of results) {
    if (result.status !== 'rejected') continue;
    const problem = Problem.from(result.reason);
    if (problem.code === 'other_network' || problem.code === 'other_version') throw problem;
    log.debug({ code: problem.code }, problem.message);
  }
  return results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
}

async function firstAnswers(
  ask: () => Promise<string[]>,
  config: Contacts,
  maxMs: number,
  signal: AbortSignal,
): Promise<string[]> {
  const until = performance.now() + maxMs;
  for (;;) {
    const answers = await ask();
    requireGoing(signal);
    if (answers.length > 0) return answers;
    if (performance.now() > until) {
      const address = contactsText(config);
      throw new Problem('unreachable', { what: whatOf(config), address, hint: 'hint.first-contact' });
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => requireGoing(signal));
  }
}

/** @throws Problem `interrupted` */
function requireGoing(signal: AbortSignal): void {
  if (signal.aborted) throw new Problem('interrupted');
}

function whatOf({ portmappers, join }: Contacts): ReasonCode {
  if (portmappers.length + join.length > 1) return 'the.portmapper-or-peers';
  return portmappers.length > 0 ? 'the.portmapper' : 'the.node';
}

function contactsText({ portmappers, join }: Contacts): string {
  return [...portmappers, ...join].join(', ');
}
