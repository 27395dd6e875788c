import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { holdsContent } from './present-file.ts';

const HELLO = { cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq', size: 5 };
const NEVER = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'anillo-present-'));
after(() => rmSync(folder, { recursive: true }));

test('a file is what a download would bring when its bytes have that CID', async () => {
  const path = join(folder, 'hello');
  for (const [content, same] of [
    ['hello', true],
    ['jello', false],
    ['hello!', false],
    ['', false],
  ] as const) {
    writeFileSync(path, content);
    assert.equal(await holdsContent(path, HELLO, NEVER), same, content);
  }
});

test('what is not there is not the same, and an interruption is no answer', async () => {
  assert.equal(await holdsContent(join(folder, 'none'), HELLO, NEVER), false);
  const path = join(folder, 'there');
  writeFileSync(path, 'hello');
  await assert.rejects(holdsContent(path, HELLO, AbortSignal.abort()), { name: 'AbortError' });
});
