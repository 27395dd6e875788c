import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Problem } from '../problems/problem.ts';
import { ThreadPool } from './thread-pool.ts';

/** Answers with the number doubled; dies of 13, in a throw, and of 14, in an exit. */
const DOUBLER = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (number) => {
    if (number === 13) throw new Error('unlucky');
    if (number === 14) process.exit(1);
    parentPort.postMessage(number * 2);
  });`;

function doublers(threadsMax: number): { pool: ThreadPool<number, number>; started: Worker[] } {
  const started: Worker[] = [];
  const start = () => {
    const worker = new Worker(DOUBLER, { eval: true });
    started.push(worker);
    return worker;
  };
  return { pool: new ThreadPool<number, number>(start, threadsMax), started };
}

describe('a pool of threads', () => {
  it('answers every request, with no more threads than allowed', async () => {
    const { pool, started } = doublers(2);
    const numbers = Array.from({ length: 10 }, (_, index) => index);
    assert.deepEqual(
      await Promise.all(numbers.map((number) => pool.ask(number))),
      numbers.map((number) => number * 2),
    );
    assert.equal(started.length, 2);
    await pool.close();
  });

  it('fails only the request that a dying thread held, and starts another thread', async () => {
    for (const deadly of [13, 14]) {
      const { pool, started } = doublers(1);
      const died = assert.rejects(
        pool.ask(deadly),
        (error) => error instanceof Problem && error.code === 'internal',
      );
      const after = pool.ask(4);
      await died;
      assert.equal(await after, 8);
      assert.equal(started.length, 2);
      await pool.close();
    }
  });

  it('refuses what cannot be sent, and goes on', async () => {
    const { pool } = doublers(1);
    await assert.rejects(pool.ask(Symbol('no message') as never), { name: 'DataCloneError' });
    assert.equal(await pool.ask(2), 4);
    await pool.close();
  });

  it('rejects what waits, what runs and what comes later when it is closed', async () => {
    const { pool } = doublers(1);
    const isInterrupted = (error: unknown) => error instanceof Problem && error.code === 'interrupted';
    const refused = [1, 2, 3].map((number) => assert.rejects(pool.ask(number), isInterrupted));
    await pool.close();
    await Promise.all(refused);
    await assert.rejects(pool.ask(4), isInterrupted);
  });
});
