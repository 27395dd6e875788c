/** What `doctor` looks at in the network: portmappers, nodes, clocks, libraries and the ring. */
import { baseOf } from '../client/http.ts';
import type { KnownNode } from '../client/known-node.ts';
import { inTurns, REACH_TIMEOUT_MS } from '../client/network-view.ts';
import { NodeClient } from '../client/node-client.ts';
import { PortmapperClient } from '../client/portmapper-client.ts';
import type { NodeStatus } from '../client/schemas/node-routes.ts';
import { Problem } from '../problems/problem.ts';
import { type Finding, failed, ok, warning } from './checkup.ts';
import { checkRing } from './checkup-ring.ts';
import type { Context } from './context.ts';
import { formatNumber } from './human.ts';
import type { Say } from './language.ts';
import { problemText } from './problem-text.ts';
import { printable } from './text.ts';

export interface NetworkCheckup {
  readonly findings: readonly Finding[];
  /** Somebody answered. */
  readonly reached: boolean;
}

/** Beyond this the answer's way explains nothing, and records look older or newer than they are. */
const CLOCK_OFF_MS = 2_000;
/** Records that far in the future are refused. */
const CLOCK_WRONG_MS = 5 * 60_000;
/** Of the files that a node does not share; its status tells more. */
const SKIPPED_SHOWN = 10;

export async function checkNetwork(context: Context): Promise<NetworkCheckup> {
  const bases = context.globals.node === undefined ? context.portmappers : [];
  const portmappers = await inTurns(bases, (base) => checkPortmapper(context, base));
  const known = await knownNodes(context);
  const nodes = await inTurns(known.nodes, (node) => checkNode(context, node));
  const statuses = nodes.flatMap(({ status }) => (status === null ? [] : [status]));
  const findings = [...portmappers.flat(), ...known.findings, ...nodes.flatMap((node) => node.findings)];
  if (known.nodes.length > 0) findings.push(...checkRing(context.say, statuses));
  const reached = statuses.length > 0 || portmappers.flat().some(({ state }) => state !== 'failed');
  return { findings, reached };
}

async function checkPortmapper({ http, say }: Context, base: string): Promise<readonly Finding[]> {
  const askedAt = Date.now();
  try {
    const { version, time } = await new PortmapperClient(http, [base]).network();
    const finding = ok('portmapper', say('doctor.portmapper', { base, version: printable(version) }));
    return [finding, checkClock(say, base, time, askedAt)];
  } catch (error) {
    return [failed('portmapper', problemOf(error, say), say('doctor.portmapper-advice'))];
  }
}

/** Where nobody can say who there is, that was found already, or the node that was named does not answer. */
async function knownNodes(
  context: Context,
): Promise<{ readonly nodes: readonly KnownNode[]; readonly findings: readonly Finding[] }> {
  try {
    const nodes = await (await context.view()).nodes();
    if (nodes.length > 0) return { nodes, findings: [] };
    return {
      nodes,
      findings: [failed('nodes', context.say('nodes.none'), context.say('doctor.nodes-advice'))],
    };
  } catch (error) {
    if (context.globals.node === undefined) return { nodes: [], findings: [] };
    const finding = failed('node', problemOf(error, context.say), context.say('doctor.node-away-advice'));
    return { nodes: [], findings: [finding] };
  }
}

async function checkNode(
  { http, say }: Context,
  node: KnownNode,
): Promise<{ readonly status: NodeStatus | null; readonly findings: readonly Finding[] }> {
  const address = printable(node.address);
  const askedAt = Date.now();
  try {
    const status = await new NodeClient(http, baseOf(node.address)).status(REACH_TIMEOUT_MS);
    return {
      status,
      findings: [...describeNode(say, address, status), checkClock(say, address, status.time, askedAt)],
    };
  } catch (error) {
    const text = problemOf(error, say);
    const advice = say('doctor.node-away-advice');
    // One that is known to be away is no surprise.
    const finding = node.state === 'inactive' ? warning('node', text, advice) : failed('node', text, advice);
    return { status: null, findings: [finding] };
  }
}

function describeNode(say: Say, address: string, status: NodeStatus): readonly Finding[] {
  const { joined, library, id, refusedPublications } = status;
  const shared = { address, id: id.slice(0, 12), files: library.files };
  const findings = [
    joined
      ? ok('node', say('doctor.node-fine', shared))
      : failed('node', say('doctor.node-joining', shared), say('doctor.node-joining-advice')),
  ];
  if (library.state === 'suspended') {
    const text = say('doctor.suspended', { address, reason: printable(library.reason ?? '') });
    findings.push(failed('library', text, say('doctor.suspended-advice')));
  }
  if (library.state === 'failing') {
    const text = say('doctor.failing', { address, reason: printable(library.reason ?? '') });
    findings.push(failed('library', text, say('doctor.failing-advice')));
  }
  if (library.skipped > 0) {
    const places = library.skippedPlaces
      .slice(0, SKIPPED_SHOWN)
      .map(({ place, reason }) => `${printable(place)} (${say(`skipped.${reason}`)})`);
    const text = say('doctor.skipped', { address, n: library.skipped, places: places.join(', ') });
    findings.push(warning('library', text, say('doctor.skipped-advice')));
  }
  if (refusedPublications > 0) {
    const text = say('doctor.refused', { address, n: refusedPublications });
    findings.push(warning('library', text, say('doctor.refused-advice')));
  }
  if (library.unwatched > 0) {
    const text = say('doctor.unwatched', { address, n: library.unwatched });
    findings.push(warning('library', text, say('doctor.unwatched-advice')));
  }
  return findings;
}

function checkClock(say: Say, who: string, theirTime: number, askedAt: number): Finding {
  // Theirs was read somewhere between question and answer.
  const offsetMs = Math.round(theirTime - (askedAt + Date.now()) / 2);
  const offMs = Math.abs(offsetMs);
  if (offMs <= CLOCK_OFF_MS)
    return { ...ok('clock', say('doctor.clock-fine', { who, ms: offMs })), offsetMs };
  const text = say('doctor.clock', { who, seconds: formatNumber(offsetMs / 1000, 1, say.language) });
  const advice = say('doctor.clock-advice');
  return {
    ...(offMs > CLOCK_WRONG_MS ? failed('clock', text, advice) : warning('clock', text, advice)),
    offsetMs,
  };
}

/** @throws what a person's Ctrl-C means */
function problemOf(error: unknown, say: Say): string {
  const problem = Problem.from(error);
  if (problem.code === 'interrupted') throw problem;
  return printable(problemText(problem, say));
}
