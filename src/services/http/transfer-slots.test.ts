import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../problems/problem.ts';
import { TransferSlots } from './transfer-slots.ts';

const busy = (error: unknown) => error instanceof Problem && error.code === 'busy';

test('one address gets half of the slots, and the others are left to others', () => {
  const slots = new TransferSlots(5);
  const held = Array.from({ length: 3 }, () => slots.take('192.0.2.1'));
  assert.throws(() => slots.take('192.0.2.1'), busy);
  slots.take('192.0.2.2');
  slots.take('192.0.2.3');
  assert.throws(() => slots.take('192.0.2.4'), busy);
  held[0]?.();
  held[0]?.(); // Given back once, however often it is said.
  slots.take('192.0.2.4');
  assert.throws(() => slots.take('192.0.2.5'), busy);
});

test('clients on this machine, who share one address, get every slot', () => {
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const slots = new TransferSlots(4);
    for (let index = 0; index < 4; index += 1) slots.take(address);
    assert.throws(() => slots.take(address), busy, address);
  }
});
