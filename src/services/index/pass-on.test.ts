import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { requestHead, sendRaw } from '../http/raw-request.test-support.ts';
import { IndexFixture } from './index-fixture.test-support.ts';

let fixture: IndexFixture;
let elsewhere: Server;
let answerElsewhere: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;

before(async () => {
  fixture = await IndexFixture.open();
  elsewhere = createServer((incoming, response) => answerElsewhere(incoming, response));
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  elsewhere.close();
  await fixture.close();
});

test('the older routes of services in other processes are passed on, as they came, both ways', async () => {
  const body = randomBytes(3_000_000);
  const seen: { url: string; length: number }[] = [];
  answerElsewhere = (incoming, response) => {
    let length = 0;
    incoming.on('data', (chunk) => {
      length += chunk.length;
    });
    incoming.on('end', () => {
      seen.push({ url: incoming.url ?? '', length });
      response.writeHead(206, {
        'content-range': 'bytes 0-1/2',
        'x-length': incoming.headers['content-length'] ?? 'none',
      });
      response.end(body);
    });
  };
  fixture.endpoints.upload = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  fixture.endpoints.download = fixture.endpoints.upload;
  const down = await request(`${fixture.origin}/download/a%2Fb%20c?x=1`, { headers: { range: 'bytes=0-1' } });
  assert.deepEqual([down.statusCode, down.headers['content-range']], [206, 'bytes 0-1/2']);
  assert.ok(Buffer.from(await down.body.arrayBuffer()).equals(body));
  const up = await request(`${fixture.origin}/upload/`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'multipart/form-data' },
  });
  assert.equal(up.headers['x-length'], String(body.length));
  await up.body.dump();
  assert.deepEqual(seen, [
    { url: '/download/a%2Fb%20c?x=1', length: 0 },
    { url: '/upload/', length: body.length },
  ]);
});

test('an upload that stops half-way stops at the other process too', async () => {
  const broken = new Promise<void>((resolve) => {
    answerElsewhere = (incoming) => {
      incoming.resume();
      incoming.once('error', () => resolve());
    };
  });
  await sendRaw(
    fixture.port,
    `${requestHead('POST /upload/', { 'Content-Length': 1000, 'Content-Type': 'multipart/form-data' })}x`,
    true,
  );
  await broken;
});

test('a service that no process runs, or that is not there, is told in the older shape', async () => {
  fixture.endpoints.upload = null;
  fixture.endpoints.download = '127.0.0.1:1';
  const none = await request(`${fixture.origin}/upload/`, { method: 'POST', body: 'x' });
  assert.equal(none.statusCode, 503);
  assert.deepEqual(Object.keys((await none.body.json()) as object), ['detail']);
  const gone = await fixture.ask('/download/x');
  assert.deepEqual([gone.status, Object.keys(gone.json)], [503, ['detail']]);
});
