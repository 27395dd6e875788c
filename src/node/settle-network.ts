/**
 * Which network this node belongs to: the one that its data directory remembers; else that of the first contact that
 * answers; else, for a node that was given no contact, a new one. Nothing is written here.
 */
import type { Logger } from 'pino';
import { HttpClient } from '../client/http.ts';
import { NetworkInfo } from '../client/schemas/portmapper-routes.ts';
import { makeNetworkId, readNetworkId } from '../identity/network.ts';
import { PROTOCOL_MAJOR, PROTOCOL_VERSION } from '../identity/protocol.ts';
import { Problem } from '../problems/problem.ts';
import { askNetwork } from '../services/dht/ask-network.ts';
import type { NodeConfig } from './configuration.ts';

/** A contact that is there answers at once; the machine may be busy. */
const ASK_TIMEOUT_MS = 2_000;
/** A portmapper or node that is started beside this one may take so long to listen. */
const FIRST_CONTACT_MAX_MS = 10_000;
const RETRY_MS = 250;

type Contacts = Pick<NodeConfig, 'data' | 'portmappers' | 'join'>;

/**
 * @returns the network id, 64 hexadecimal digits
 * @throws Problem `unreachable` (no contact answers a node that has no network yet), `other_network`, `other_version`
 */
export async function settleNetwork(
  config: Contacts,
  log: Logger,
  firstContactMaxMs: number = FIRST_CONTACT_MAX_MS,
): Promise<string> {
  const known = readNetworkId(config.data);
  if (config.portmappers.length + config.join.length === 0) return known ?? makeNetworkId();
  const client = new HttpClient(new AbortController().signal);
  const ask = async (): Promise<string[]> => {
    const portmappers = config.portmappers.map((url) => askPortmapper(client, url, known));
    // A node that was started before meets its peers as a member: it need not ask them here.
    const peers = known === null ? config.join.map((address) => askNetwork(address, ASK_TIMEOUT_MS)) : [];
    return answersOf(await Promise.allSettled([...portmappers, ...peers]), log);
  };
  try {
    if (known !== null) {
      await ask();
      return known;
    }
    const [ours = '', ...others] = await firstAnswers(ask, config, firstContactMaxMs);
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
): Promise<string[]> {
  const until = performance.now() + maxMs;
  for (;;) {
    const answers = await ask();
    if (answers.length > 0) return answers;
    if (performance.now() > until) {
      const hint =
        'A node joins its network through one of them at its first start: start it, or check the address.';
      const what = config.portmappers.length > 0 ? 'The portmapper' : 'The node to join by';
      throw new Problem('unreachable', { what, address: contactsText(config), hint });
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function contactsText({ portmappers, join }: Contacts): string {
  return [...portmappers, ...join].join(', ');
}
