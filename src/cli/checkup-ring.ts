/** What `doctor` says of the ring: whole, with its size, or what does not close, what that means and what to do. */
import type { NodeStatus } from '../client/schemas/node-routes.ts';
import { type Finding, failed, ok, warning } from './checkup.ts';
import type { Say } from './language.ts';
import type { MessageKey } from './messages/en.ts';
import { judgeRing, type RingTrouble } from './ring-judgement.ts';
import { printable } from './text.ts';

/** Of troubles of one type, and of nodes in one sentence. */
const SHOWN_MAX = 8;

interface Words {
  readonly key: MessageKey;
  readonly advice: MessageKey;
  readonly details: Readonly<Record<string, string | number>>;
}

/** These pass by themselves and cost no answer meanwhile. */
const WARNINGS: ReadonlySet<RingTrouble['type']> = new Set([
  'in_doubt',
  'suspected',
  'short_list',
  'uneven_lists',
]);

/** @param statuses of all nodes that answered */
export function checkRing(say: Say, statuses: readonly NodeStatus[]): readonly Finding[] {
  const networks = new Set(statuses.map(({ networkId }) => networkId));
  if (networks.size > 1)
    return [failed('ring', say('doctor.networks', { n: networks.size }), say('doctor.networks-advice'))];
  const { size, troubles } = judgeRing(statuses);
  if (size === 0 && troubles.length === 0)
    return [failed('ring', say('doctor.ring-empty'), say('doctor.nodes-advice'))];
  const findings = troubles.filter(isShown).map((trouble) => describe(say, trouble));
  if (findings.some(({ state }) => state === 'failed')) return findings;
  return [ok('ring', say('doctor.ring', { n: size })), ...findings];
}

function isShown({ type }: RingTrouble, index: number, all: readonly RingTrouble[]): boolean {
  return all.slice(0, index).filter((trouble) => trouble.type === type).length < SHOWN_MAX;
}

function describe(say: Say, trouble: RingTrouble): Finding {
  const { key, advice, details } = wordsOf(say, trouble);
  const finding = WARNINGS.has(trouble.type) ? warning : failed;
  return { ...finding('ring', say(key, details), say(advice, details)), trouble: trouble.type };
}

function wordsOf(say: Say, trouble: RingTrouble): Words {
  switch (trouble.type) {
    case 'several_rings': {
      const rings = trouble.rings.map((ring) => `${ring.length} (${addresses(say, ring)})`);
      return words('several-rings', { n: rings.length, rings: some(say, rings) });
    }
    case 'loop':
      return words('loop', { n: trouble.turns });
    case 'passed_by':
      return words('passed-by', { nodes: addresses(say, trouble.nodes) });
    case 'cut_off':
      return words('cut-off', { nodes: addresses(say, trouble.nodes) });
    case 'silent_successor':
      return words('silent-successor', {
        node: address(trouble.node),
        successor: address(trouble.successor),
      });
    case 'unknown_to_successor': {
      const { node, successor, named } = trouble;
      const before = named === null ? say('doctor.nobody') : address(named);
      return words('unknown-to-successor', {
        node: address(node),
        successor: address(successor),
        named: before,
      });
    }
    case 'in_doubt':
      return words('in-doubt', { nodes: addresses(say, trouble.nodes) });
    case 'suspected':
      return words('suspected', { node: address(trouble.node), by: addresses(say, trouble.by) });
    case 'short_list':
      return words('short-list', { node: address(trouble.node), has: trouble.has, wants: trouble.wants });
    case 'uneven_lists':
      return words('uneven-lists', { least: trouble.least, most: trouble.most });
  }
}

type TroubleName = MessageKey extends infer Key
  ? Key extends `doctor.${infer Name}-advice`
    ? Name
    : never
  : never;

function words(name: TroubleName, details: Words['details']): Words {
  return { key: `doctor.${name}` as MessageKey, advice: `doctor.${name}-advice`, details };
}

function address(node: { readonly address: string }): string {
  return printable(node.address);
}

function addresses(say: Say, nodes: readonly { readonly address: string }[]): string {
  return some(say, nodes.map(address));
}

function some(say: Say, names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_MAX).join(', ');
  const rest = names.length - SHOWN_MAX;
  return rest > 0 ? `${shown} ${say('doctor.more', { n: rest })}` : shown;
}
