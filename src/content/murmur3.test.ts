import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOfName } from './murmur3.ts';

test('the hash of a name is the first half of MurmurHash3 x64 128, as published vectors have it', () => {
  const vectors = {
    '': '0000000000000000',
    hello: 'cbd8a7b341bd9b02',
    'hello, world': '342fac623a5ebc8e',
    '19 Jan 2038 at 3:14:07 AM': 'b89e5988b737affc',
    'The quick brown fox jumps over the lazy dog.': 'cd99481f9ee902c9',
    'The quick brown fox jumps over the lazy dog': 'e34bbc7bbc071b6c',
  };
  for (const [name, hash] of Object.entries(vectors)) {
    assert.equal(Buffer.from(hashOfName(name)).toString('hex'), hash, name);
  }
});

test('a name of the specification lies in the buckets that the specification says', () => {
  // UnixFS specification, "HAMTDirectory Path Resolution": 470.txt is in bucket 00, and there in 6E.
  assert.deepEqual([...hashOfName('470.txt').subarray(0, 2)], [0x00, 0x6e]);
  assert.deepEqual([...hashOfName('742.txt').subarray(0, 2)], [0x00, 0xff]);
});
