import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import Type from 'typebox';
import { request } from 'undici';
import { Problem } from '../../problems/problem.ts';
import type { HttpServer } from './http-server.ts';
import { closeServer, formatAddress, listen, requireLoopback } from './listen.ts';
import { createHttpServer } from './server.ts';
import { refuseUnbuiltRoutes, UNBUILT_ROUTES } from './unbuilt-routes.ts';

const log = pino({ level: 'silent' });
const HOST = '127.0.0.1';
let server: HttpServer;
let port: number;
let origin: string;

before(async () => {
  server = await createHttpServer({ log, title: 'Test', version: '1.2.3' });
  refuseUnbuiltRoutes(server, 'node');
  server.get(
    '/api/v1/number',
    {
      schema: {
        querystring: Type.Object({ n: Type.Integer() }),
        response: { 200: Type.Object({ n: Type.Integer() }) },
      },
    },
    async ({ query }) => ({ n: query.n }),
  );
  server.put('/api/v1/files', async ({ query }) => ({ query }));
  server.post('/api/v1/echo', async ({ body }) => ({ body }));
  server.get('/download/*', async () => {
    throw new Problem('not_found', { what: 'It' });
  });
  port = await listen(server, { host: HOST, port: 0, insecure: false });
  origin = `http://${HOST}:${port}`;
});
after(() => closeServer(server));

/** Sends exactly these bytes and reads to the end of the connection. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, HOST, () => socket.end(text));
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

test('a query that does not fit its schema is a bad_request problem', async () => {
  const { statusCode, headers, body } = await request(`${origin}/api/v1/number?n=x`);
  assert.equal(statusCode, 400);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  const problem = (await body.json()) as { code: string; status: number; type: string };
  assert.equal(problem.code, 'bad_request');
  assert.equal(problem.status, 400);
  assert.equal(problem.type, 'urn:anillo:problem:bad_request');
});

test('a route that is not there is a problem of its own, with where to look', async () => {
  const { statusCode, body } = await request(`${origin}/nothing/here?x=1`);
  assert.equal(statusCode, 404);
  assert.equal(((await body.json()) as { code: string }).code, 'no_such_route');
});

test('bad percent-encoding is refused with 400', async () => {
  const answer = await raw(`GET /api/v1/files/%zz HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.match(answer, /"code":"bad_request"/);
});

test('a name that anybody may let point here is refused; addresses, localhost and given names are not', async () => {
  const named = await createHttpServer({ log, title: 'T', version: '1', names: ['Files.lan'] });
  const any = await createHttpServer({ log, title: 'T', version: '1', names: null });
  const ask = async (of: HttpServer, host: string) => {
    const { statusCode, body } = await of.inject({ url: '/healthz', headers: { host } });
    return statusCode === 200 ? 200 : [statusCode, (JSON.parse(body) as { code: string }).code];
  };
  const refused = [421, 'other_host'];
  for (const host of ['127.0.0.1:5000', '[::1]:5000', '192.168.1.9', 'localhost:5000', 'LOCALHOST']) {
    assert.equal(await ask(server, host), 200, host);
  }
  for (const host of [
    'evil.example',
    'evil.example:5000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ]) {
    assert.deepEqual(await ask(server, host), refused, host);
    assert.equal(await ask(any, host), 200, host);
  }
  assert.equal(await ask(named, 'files.lan:5000'), 200);
  assert.deepEqual(await ask(named, 'lan'), refused);
  await Promise.all([named.close(), any.close()]);
});

test('the older routes say what failed as {"detail"}', async () => {
  const missing = await request(`${origin}/download/x`);
  assert.equal(missing.statusCode, 404);
  assert.deepEqual(await missing.body.json(), { detail: new Problem('not_found', { what: 'It' }).message });
  const malformed = await raw(`GET /download/%zz HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  assert.match(malformed, /^HTTP\/1\.1 400 [\s\S]*\{"detail":"/);
});

test('every route that is not built answers 501 and is not in the document', async () => {
  const document = (await (await request(`${origin}/openapi.json`)).body.json()) as {
    paths: Record<string, object>;
  };
  for (const { method, url, on } of UNBUILT_ROUTES) {
    if (!on.includes('node')) continue;
    const answer = await request(origin + url.replace(':cid', 'bafy').replace(':id', '7'), { method });
    assert.equal(answer.statusCode, 501, `${method} ${url}`);
    assert.equal(((await answer.body.json()) as { code: string }).code, 'not_built');
    assert.equal(document.paths[url.replace(/:(\w+)/g, '{$1}')], undefined, url);
  }
});

test('what is not built is 501 whatever the body', async () => {
  const type = (name: string) => ({ 'content-type': name });
  for (const [url, headers, body] of [
    ['/api/v1/files/bafy/keep', type('application/json'), ''],
    ['/api/v1/files/bafy/keep', type('application/json'), '{"half":'],
    ['/api/v1/tasks/7/retry', type('nothing at all'), 'x'],
  ] as const) {
    const answer = await request(origin + url, { method: 'POST', headers, body });
    assert.equal(answer.statusCode, 501, `${url} ${body}`);
    await answer.body.dump();
  }
});

test('a parameter that is not built is 501, and its route is served without it', async () => {
  const put = (query: string) => request(`${origin}/api/v1/files?name=x${query}`, { method: 'PUT' });
  const [without, refused] = [await put(''), await put('&replicas=2')];
  assert.deepEqual([without.statusCode, refused.statusCode], [200, 501]);
  assert.equal(((await refused.body.json()) as { code: string }).code, 'not_built');
  await without.body.dump();
});

test('the OpenAPI document lists what is built, and its page shows it', async () => {
  const document = (await (await request(`${origin}/openapi.json`)).body.json()) as {
    openapi: string;
    info: { version: string };
    paths: Record<string, object>;
  };
  assert.match(document.openapi, /^3\./);
  assert.equal(document.info.version, '1.2.3');
  for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/number', '/api/v1/echo']) {
    assert.ok(document.paths[path], path);
  }
  const page = await request(`${origin}/docs`);
  assert.equal(page.statusCode, 200);
  assert.match(await page.body.text(), /swagger/i);
});

test('metrics count requests by the pattern of their route', async () => {
  await (await request(`${origin}/api/v1/number?n=7`)).body.dump();
  const text = await (await request(`${origin}/metrics`)).body.text();
  assert.match(
    text,
    /anillo_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/number",status="200"\}/,
  );
  assert.match(text, /anillo_event_loop_delay_p99_seconds/);
});

test('a page of another site cannot change anything', async () => {
  const post = (headers: Record<string, string>) =>
    request(`${origin}/api/v1/echo`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', ...headers },
    });
  const foreign = await post({ origin: 'https://evil.example' });
  assert.equal(foreign.statusCode, 403);
  await foreign.body.dump();
  const own = await post({ origin });
  assert.equal(own.statusCode, 200);
  await own.body.dump();
});

test('a client that expects 100-continue is told to send its body', async () => {
  const head = `POST /api/v1/echo HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n`;
  const answer = await raw(`${head}Expect: 100-continue\r\nConnection: close\r\n\r\n{"a":"b"}`);
  assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\{"body":\{"a":"b"\}\}/);
});

test('a JSON body above the limit is too_large', async () => {
  const { statusCode, body } = await request(`${origin}/api/v1/echo`, {
    method: 'POST',
    body: JSON.stringify('x'.repeat(1024 * 1024)),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(statusCode, 413);
  assert.equal(((await body.json()) as { code: string }).code, 'too_large');
});

test('readyz says why a server is not ready', async () => {
  const waiting = await createHttpServer({
    log,
    title: 'T',
    version: '1',
    notReady: () => new Problem('not_ready'),
  });
  try {
    const answer = await waiting.inject('/readyz');
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json().code, 'not_ready');
    assert.equal((await waiting.inject('/healthz')).statusCode, 200);
  } finally {
    await waiting.close();
  }
});

test('a host beyond loopback is refused unless insecurity is said aloud', () => {
  assert.throws(() => requireLoopback('0.0.0.0', false), { code: 'not_loopback', exitCode: 5 });
  assert.throws(() => requireLoopback('127.0.0.1.example.org', false), { code: 'not_loopback' });
  requireLoopback('0.0.0.0', true);
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) requireLoopback(host, false);
});

test('a taken port is named with the process that has it', async () => {
  const second = await createHttpServer({ log, title: 'T', version: '1' });
  try {
    await assert.rejects(listen(second, { host: HOST, port, insecure: false }), (error: Problem) => {
      assert.equal(error.code, 'port_taken');
      if (process.platform === 'linux') assert.match(error.message, new RegExp(`PID ${process.pid}: `));
      return true;
    });
  } finally {
    await second.close();
  }
});

test('closing ends idle keep-alive connections', async () => {
  const closing = await createHttpServer({ log, title: 'T', version: '1' });
  const closingPort = await listen(closing, { host: HOST, port: 0, insecure: false });
  const closed = new Promise<void>((resolve, reject) => {
    const socket = connect(closingPort, HOST, () =>
      socket.write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
    );
    socket.once('data', () => void closeServer(closing, 60_000).catch(reject));
    socket.on('close', () => resolve());
    socket.on('error', reject);
  });
  await closed;
  // The port is free again.
  await new Promise<void>((resolve, reject) => {
    const again = createServer().once('error', reject);
    again.listen(closingPort, HOST, () => again.close(() => resolve()));
  });
});

test('addresses of IPv6 hosts have brackets', () => {
  assert.equal(formatAddress('::1', 80), '[::1]:80');
  assert.equal(formatAddress('127.0.0.1', 80), '127.0.0.1:80');
});
