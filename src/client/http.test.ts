import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import Type from 'typebox';
import { Problem } from '../problems/problem.ts';
import { AnsweringServer } from './answering-server.test-support.ts';
import { HttpClient } from './http.ts';

const Greeting = Type.Object({ hello: Type.String() });
const interruption = new AbortController();
const http = new HttpClient(interruption.signal);
const server = await AnsweringServer.start({
  'GET /good': { hello: 'world', more: 'from a newer version' },
  'GET /wrong': { hello: 7 },
  'GET /silent': () => new Promise(() => {}),
  'GET /refused': () => {
    throw new Problem('not_yours', { what: 'x' });
  },
  'GET /huge': () => 'x'.repeat(33 * 1024 * 1024),
});
after(async () => {
  await http.close();
  await server.stop();
});

const ask = (path: string, timeoutMs = 5_000) =>
  http.call(Greeting, { side: 'node', base: server.base, path, timeoutMs });
const fails = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

test('an answer is checked by its schema, and fields of a newer version do no harm', async () => {
  assert.equal((await ask('/good')).hello, 'world');
  await assert.rejects(ask('/wrong'), fails('not_anillo'));
});

test('what the remote refuses keeps its code and its details', async () => {
  await assert.rejects(
    ask('/refused'),
    (error: Problem) => error.code === 'not_yours' && error.details.what === 'x',
  );
});

test('a remote that says nothing costs its deadline, not more', async () => {
  await assert.rejects(ask('/silent', 200), fails('deadline'));
});

test('an answer beyond the bound is not read to its end', async () => {
  await assert.rejects(ask('/huge'), fails('too_large'));
});

test('nobody there is `unreachable`, exit code 4, with what to do', async () => {
  const closed = await AnsweringServer.start({});
  await closed.stop();
  const call = { side: 'portmapper', base: closed.base, path: '/good' } as const;
  await assert.rejects(http.call(Greeting, call), (error: Problem) => {
    assert.equal(error.code, 'unreachable');
    assert.equal(error.exitCode, 4);
    assert.match(error.message, /anillo up/);
    return true;
  });
});

test('a process that accepts and never answers is not reached', async () => {
  const mute = createServer(() => {});
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  assert.equal(await http.reaches(`http://127.0.0.1:${port}`, 200), false);
  assert.equal(await http.reaches(server.base, 2_000), true);
  mute.close();
});

test("a person's Ctrl-C ends a call as `interrupted`", async () => {
  const stop = new AbortController();
  const own = new HttpClient(stop.signal);
  const call = own.call(Greeting, { side: 'node', base: server.base, path: '/silent' });
  stop.abort();
  await assert.rejects(call, fails('interrupted'));
  await own.close();
});
