import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALM, LOST, Network, type NetworkConditions } from './network.ts';

const MESSAGES = 20_000;

function delays(conditions: NetworkConditions, prepare: (network: Network) => void = () => {}): number[] {
  const network = new Network(7, conditions);
  prepare(network);
  return Array.from({ length: MESSAGES }, () => network.delayMs('a:1', 'b:1', true));
}

function shareOf(values: readonly number[], holds: (value: number) => boolean): number {
  return values.filter(holds).length / values.length;
}

function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, not ${expected}`);
}

test('uniform latency fills its interval', () => {
  const drawn = delays({ latency: { type: 'uniform', minMs: 10, maxMs: 30 } });
  assert.ok(drawn.every((ms) => ms >= 10 && ms < 30));
  assertNear(
    shareOf(drawn, (ms) => ms < 15),
    0.25,
    0.02,
  );
});

test('lognormal latency has its median, its spread and its bound', () => {
  const drawn = delays({ latency: { type: 'lognormal', medianMs: 40, sigma: 0.5, maxMs: 200 } });
  assert.ok(drawn.every((ms) => ms > 0 && ms <= 200));
  assertNear(
    shareOf(drawn, (ms) => ms < 40),
    0.5,
    0.02,
  );
  // One standard deviation above: 84.1 % lie below.
  assertNear(
    shareOf(drawn, (ms) => ms < 40 * Math.exp(0.5)),
    0.841,
    0.02,
  );
});

test('on a map a pair has its distance both ways, and pairs differ', () => {
  const network = new Network(7, { latency: { type: 'uniform', minMs: 0, maxMs: 0 }, acrossMs: 100 });
  const there = network.delayMs('a:1', 'b:1', true);
  assert.ok(there > 0 && there <= 100 * Math.SQRT2);
  assert.equal(network.delayMs('b:1', 'a:1', false), there);
  assert.notEqual(network.delayMs('a:1', 'c:1', true), there);
});

test('messages are lost, doubled and held back in their shares', () => {
  const lossy = delays({ ...CALM, loss: 0.05 });
  assertNear(
    shareOf(lossy, (ms) => ms === LOST),
    0.05,
    0.005,
  );
  const late = delays({ ...CALM, reordering: 0.1, reorderMaxMs: 1_000 });
  assertNear(
    shareOf(late, (ms) => ms > 2),
    0.1,
    0.01,
  );
  const doubling = new Network(7, { ...CALM, duplication: 0.02 });
  const twice = Array.from({ length: MESSAGES }, () => doubling.duplicates()).filter(Boolean);
  assertNear(twice.length / MESSAGES, 0.02, 0.005);
});

test('a cut is one way, a shut node can answer, a partition parts both ways, and all heal', () => {
  const network = new Network(7, CALM);
  network.cut('a:1', 'b:1');
  assert.equal(network.delayMs('a:1', 'b:1', true), LOST);
  assert.notEqual(network.delayMs('b:1', 'a:1', true), LOST);
  network.shut('c:1');
  assert.equal(network.delayMs('a:1', 'c:1', true), LOST);
  assert.notEqual(network.delayMs('a:1', 'c:1', false), LOST);
  network.partition((address) => (address < 'c' ? 0 : 1));
  assert.ok(!network.isOpen('b:1', 'd:1') && !network.isOpen('d:1', 'b:1') && network.isOpen('c:1', 'd:1'));
  network.heal();
  assert.ok(network.isOpen('a:1', 'b:1') && network.isOpen('b:1', 'd:1'));
  assert.notEqual(network.delayMs('a:1', 'c:1', true), LOST);
});

test('broken pairs are broken both ways, for the whole run, and in their share', () => {
  const network = new Network(7, CALM);
  network.breakPairs(0.023);
  let broken = 0;
  for (let a = 0; a < 200; a++) {
    for (let b = 0; b < a; b++) {
      const isOpen = network.isOpen(`${a}:1`, `${b}:1`);
      assert.equal(network.isOpen(`${b}:1`, `${a}:1`), isOpen);
      if (!isOpen) broken++;
    }
  }
  assertNear(broken / ((200 * 199) / 2), 0.023, 0.004);
});
