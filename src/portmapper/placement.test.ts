import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance } from '../../test/chance.ts';
import { Problem } from '../problems/problem.ts';
import { placeUpload } from './placement.ts';
import type { KnownNode } from './registry.ts';

const GIB = 1024 ** 3;

function node(id: string, address: string, freeBytes: number): KnownNode {
  const endpoints = { dht: null, index: address, upload: address, download: address, messaging: null };
  const descriptor = {
    id,
    networkId: '',
    publicKey: new Uint8Array(),
    incarnation: 1,
    endpoints,
    labels: {},
    version: '',
    protocolMajor: 1,
    protocolMinor: 0,
    expiresAtMs: 0,
  };
  return {
    id,
    descriptor,
    signedDescriptor: { descriptor: Buffer.alloc(0), signature: Buffer.alloc(0) },
    address,
    report: { joined: true, files: 0, bytes: 0, freeBytes, insecure: false, roundTripMs: null },
    sequence: 1,
    presence: { state: 'active', silentSinceMs: 0 },
    hasLeft: false,
    lastSeenMs: 0,
    transitions: [],
  };
}

/** A small generator with a seed, so that a red run repeats. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function fails(code: string, act: () => unknown): void {
  assert.throws(act, (error) => error instanceof Problem && error.code === code);
}

test('only nodes with room are chosen', () => {
  const nodes = [node('a', 'h:1', GIB), node('b', 'h:2', 10 * GIB)];
  for (let seed = 0; seed < 50; seed++) {
    const placed = placeUpload(nodes, 2 * GIB, 2, seeded(seed)).nodes;
    assert.deepEqual(placed, [{ id: 'b', address: 'h:2', upload: 'h:2', freeBytes: 10 * GIB }]);
  }
});

test('copies go to different machines as far as there are some', () => {
  const nodes = [node('a', 'h:1', 90 * GIB), node('b', 'h:2', 90 * GIB), node('c', 'i:1', GIB)];
  for (let seed = 0; seed < 50; seed++) {
    const hosts = placeUpload(nodes, 1, 2, seeded(seed)).nodes.map(({ address }) => address[0]);
    assert.deepEqual(hosts.sort(), ['h', 'i']);
    assert.equal(placeUpload(nodes, 1, 3, seeded(seed)).nodes.length, 3);
  }
});

test('uploads spread over the nodes by their free space', () => {
  const nodes = [node('a', 'h:1', 30 * GIB), node('b', 'h:2', 10 * GIB)];
  const random = seeded(7);
  let first = 0;
  for (let i = 0; i < 2_000; i++) if (placeUpload(nodes, 1, 1, random).nodes[0]?.id === 'a') first++;
  assert.ok(
    first > 1_400 && first < 1_600,
    `${first} of 2000 went to the node with three quarters of the room`,
  );
});

test('without an active node, or without room, it says which', () => {
  fails('no_nodes', () => placeUpload([], 1, 1, chance('placement')));
  fails('no_space', () => placeUpload([node('a', 'h:1', GIB)], 2 * GIB, 1, chance('placement')));
});
