import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeStatus } from '../client/answering-server.test-support.ts';
import type { NodeStatus } from '../client/schemas/node-routes.ts';
import { checkRing } from './checkup-ring.ts';
import { LANGUAGES, speak } from './language.ts';

const name = (id: string) => ({ id, address: `host-${id}:5000` });

function ring(...ids: readonly string[]): NodeStatus[] {
  return ids.map((id, at) => {
    const successors = [...ids.slice(at + 1), ...ids.slice(0, at)].map(name);
    const { address } = name(id);
    return nodeStatus(id, address, { successors, predecessor: successors.at(-1) ?? null });
  });
}

function changed(nodes: readonly NodeStatus[], id: string, change: Partial<NodeStatus>): NodeStatus[] {
  return nodes.map((node) => (node.id === id ? { ...node, ...change } : node));
}

test('a whole ring is told with its size, and warnings leave it whole', () => {
  const [whole, ...rest] = checkRing(speak('en'), ring('1', '2', '3'));
  assert.equal(whole?.text, 'ring of 3 nodes, whole');
  assert.deepEqual(rest, []);
  const doubting = changed(ring('1', '2', '3'), '2', { inDoubt: true });
  const states = checkRing(speak('en'), doubting).map(({ state }) => state);
  assert.deepEqual(states, ['ok', 'warning']);
});

test('every trouble has its words and its advice in every language', () => {
  const troubled: readonly (readonly [string, readonly NodeStatus[]])[] = [
    ['several_rings', [...ring('1', '2'), ...ring('3')]],
    ['loop', ring('1', '3', '5', '2', '4', '6')],
    ['passed_by', [...ring('1', '3'), ring('1', '2', '3')[1] as NodeStatus]],
    ['cut_off', [...ring('1', '3'), nodeStatus('2', 'host-2:5000', { successors: [name('9')] })]],
    ['silent_successor', ring('1', '2', '3').slice(0, 2)],
    ['unknown_to_successor', changed(ring('1', '2', '3'), '2', { predecessor: null })],
    ['in_doubt', changed(ring('1', '2'), '1', { inDoubt: true })],
    ['suspected', changed(ring('1', '2'), '1', { suspects: [name('2')] })],
    ['short_list', changed(ring('1', '2', '3'), '1', { successors: [name('2')] })],
    ['uneven_lists', changed(ring('1', '2'), '1', { successorsMax: 32 })],
  ];
  for (const [trouble, statuses] of troubled) {
    const texts = new Set<string>();
    for (const language of LANGUAGES) {
      const finding = checkRing(speak(language), statuses).find((each) => each.trouble === trouble);
      assert.ok(finding?.advice, `${trouble} in ${language}`);
      assert.doesNotMatch(finding.text, /[{}]|undefined/);
      if (trouble !== 'loop' && trouble !== 'uneven_lists') assert.match(finding.text, /host-\d:5000/);
      texts.add(finding.text);
    }
    assert.equal(texts.size, LANGUAGES.length, `${trouble} is said in each language's own words`);
  }
});

test('of hundreds of nodes in one trouble some are named, the others counted', () => {
  const ids = Array.from({ length: 300 }, (_, index) => String(1000 + index));
  const doubting = ring(...ids).map((node) => ({ ...node, inDoubt: true, successorsMax: 299 }));
  const finding = checkRing(speak('en'), doubting).find(({ trouble }) => trouble === 'in_doubt');
  assert.match(finding?.text ?? '', /host-1007:5000 and 292 more$/);
});
