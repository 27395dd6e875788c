import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRing, type RingTrouble, type RingWitness } from './ring-judgement.ts';

const name = (id: string) => ({ id, address: `${id}:5000` });

/** A node as it is in an ideal ring of these, in ring order. */
function witness(id: string, ring: readonly string[], rest: Partial<RingWitness> = {}): RingWitness {
  const at = ring.indexOf(id);
  const behind = [...ring.slice(at + 1), ...ring.slice(0, at)].map(name);
  return {
    ...name(id),
    joined: true,
    inDoubt: false,
    predecessor: behind.at(-1) ?? null,
    successors: behind,
    successorsMax: 16,
    suspects: [],
    ...rest,
  };
}

const idealRing = (...ids: readonly string[]) => ids.map((id) => witness(id, ids));
const types = (answered: readonly RingWitness[]) => judgeRing(answered).troubles.map(({ type }) => type);

function only<Type extends RingTrouble['type']>(
  answered: readonly RingWitness[],
  type: Type,
): Extract<RingTrouble, { type: Type }> {
  const { troubles } = judgeRing(answered);
  assert.deepEqual(
    troubles.map((trouble) => trouble.type),
    [type],
  );
  return troubles[0] as Extract<RingTrouble, { type: Type }>;
}

const idsOf = (nodes: readonly { id: string }[]) => nodes.map(({ id }) => id);

test('an ideal ring is whole at every size, and its size is told', () => {
  for (const ids of [['1'], ['1', '2'], ['1', '2', '3'], [...'0123456789abcdef']]) {
    assert.deepEqual(judgeRing(idealRing(...ids)), { size: ids.length, troubles: [] });
  }
  assert.deepEqual(judgeRing([]), { size: 0, troubles: [] });
});

test('lists that hold fewer than all are whole where they have no room for more', () => {
  const ids = ['1', '2', '3', '4', '5'];
  const cut = idealRing(...ids).map((node) => ({
    ...node,
    successors: node.successors.slice(0, 2),
    successorsMax: 2,
  }));
  assert.deepEqual(judgeRing(cut).troubles, []);
});

test('two rings are told with the members of each, the larger first', () => {
  const answered = [...idealRing('2', '5'), ...idealRing('1', '3', '4')];
  const { rings } = only(answered, 'several_rings');
  assert.deepEqual(rings.map(idsOf), [
    ['1', '3', '4'],
    ['2', '5'],
  ]);
  assert.equal(judgeRing(answered).size, 3);
  assert.deepEqual(only([...idealRing('1'), ...idealRing('2')], 'several_rings').rings.map(idsOf), [
    ['1'],
    ['2'],
  ]);
});

test('a ring that winds twice round before it closes is a loop', () => {
  const order = ['1', '3', '5', '2', '4', '6'];
  const { turns } = only(
    order.map((id) => witness(id, order)),
    'loop',
  );
  assert.equal(turns, 2);
});

test('a node to which nobody leads is passed by', () => {
  const ring = idealRing('1', '3', '4');
  const joiner = witness('2', ['1', '2', '3', '4']);
  assert.deepEqual(idsOf(only([...ring, joiner], 'passed_by').nodes), ['2']);
});

test('a node whose successors all are silent is cut off', () => {
  const lost = { ...witness('2', ['2', '9']), predecessor: name('1') };
  assert.deepEqual(idsOf(only([...idealRing('1', '3'), lost], 'cut_off').nodes), ['2']);
});

test('the ring does not close at a node that is silent, and is followed beyond it', () => {
  const ids = ['1', '2', '3', '4'];
  const answered = idealRing(...ids).filter(({ id }) => id !== '3');
  const { troubles, size } = judgeRing(answered);
  assert.equal(size, 3);
  assert.deepEqual(
    troubles.map(({ type }) => type),
    ['silent_successor'],
  );
  const restarted = idealRing(...ids).map((node) => (node.id === '3' ? { ...node, joined: false } : node));
  assert.deepEqual(types(restarted), ['silent_successor'], 'one that answers and has no place is none');
});

test('a successor that has another for its predecessor is told with whom it names', () => {
  const answered = idealRing('1', '2', '3').map((node) =>
    node.id === '3' ? { ...node, predecessor: name('1') } : node,
  );
  const { node, successor, named } = only(answered, 'unknown_to_successor');
  assert.deepEqual([node.id, successor.id, named?.id], ['2', '3', '1']);
});

test('doubts and suspicions are told, each suspect once with all who suspect it', () => {
  const answered = idealRing('1', '2', '3').map((node) =>
    node.id === '3' ? { ...node, inDoubt: true } : { ...node, suspects: [name('3')] },
  );
  const { troubles } = judgeRing(answered);
  const [doubt, suspicion] = troubles;
  assert.deepEqual(types(answered), ['in_doubt', 'suspected']);
  assert.deepEqual(doubt?.type === 'in_doubt' && idsOf(doubt.nodes), ['3']);
  assert.deepEqual(suspicion?.type === 'suspected' && idsOf(suspicion.by), ['1', '2']);
});

test('a list shorter than the ring and its room is told; so are lists of very different room', () => {
  const answered = idealRing('1', '2', '3', '4').map((node) =>
    node.id === '2' ? { ...node, successors: node.successors.slice(0, 1) } : node,
  );
  const { has, wants } = only(answered, 'short_list');
  assert.deepEqual([has, wants], [1, 3]);
  const uneven = idealRing('1', '2').map((node) => (node.id === '2' ? { ...node, successorsMax: 32 } : node));
  assert.equal(only(uneven, 'uneven_lists').most, 32);
});
