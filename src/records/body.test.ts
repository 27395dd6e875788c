import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeBody, isPath, parseBody } from './body.ts';
import { utf8 } from './bytes.ts';
import type { RecordBody } from './record.ts';

const CID = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';

const path = fc
  .array(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/').normalize('NFC'))
  .filter(isPath);

function publication(file: string, cid = CID): RecordBody {
  const rest = { size: 1, type: '', modified: 1, tags: [], copies: 1, labels: {}, previous: null };
  return { kind: 'publication', body: { cid, path: file, ...rest } };
}

describe('bodies', () => {
  test('what is encoded is parsed back', () => {
    fc.assert(
      fc.property(path, (file) => {
        const record = publication(file);
        assert.deepEqual(parseBody('publication', encodeBody(record)), { record });
      }),
    );
  });

  test('anything else is refused, and nothing throws', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => 'refused' in parseBody('publication', bytes)));
    fc.assert(fc.property(fc.json(), (json) => 'refused' in parseBody('tombstone', utf8(json))));
  });

  for (const [what, change] of Object.entries({
    'a path that leads out': { path: '../x' },
    'an absolute path': { path: '/x' },
    'an empty component': { path: 'a//b' },
    'a NUL in the path': { path: 'a\0b' },
    'a path that is not NFC': { path: 'e\u0301' },
    'a component of 256 bytes': { path: 'x'.repeat(256) },
    'a path of 4,097 bytes': { path: `${'y/'.repeat(2048)}z` },
    'a lone surrogate': { path: '\ud800' },
    'a negative size': { size: -1 },
    'a size that is text': { size: '1' },
    'too many tags': { tags: Array.from({ length: 65 }, () => 't') },
    'a tag that is no text': { tags: [1] },
    'a CID that is none': { cid: 'Qm/../x' },
    'labels that are a list': { labels: ['a'] },
  })) {
    test(`a publication with ${what} is refused`, () => {
      const body = { ...publication('x').body, ...change };
      assert.ok('refused' in parseBody('publication', utf8(JSON.stringify(body))));
    });
  }

  test('a body above 16 KiB is refused whatever it says', () => {
    const body = { ...publication('x').body, more: 'm'.repeat(16 * 1024) };
    assert.ok('refused' in parseBody('publication', utf8(JSON.stringify(body))));
  });
});
