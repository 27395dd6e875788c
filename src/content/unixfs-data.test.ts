import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { UnixFS } from 'ipfs-unixfs';
import { decodeFileData, encodeFileData } from './unixfs-data.ts';

/** The same message by an independent protobuf writer, from the UnixFS specification's field numbers. */
function written(blockSizes: readonly number[]): Uint8Array {
  const total = blockSizes.reduce((sum, size) => sum + BigInt(size), 0n);
  const writer = new BinaryWriter().tag(1, 0).int32(2).tag(3, 0).uint64(total);
  for (const size of blockSizes) writer.tag(4, 0).uint64(size);
  return writer.finish();
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.integer({ min: 2 ** 31 - 2, max: 2 ** 32 + 2 }),
  fc.integer({ min: 0, max: 300 }),
);

describe('the data of an inner node', () => {
  it('is the protobuf message of the specification, for files of any size', () => {
    for (const sizes of [
      [0],
      [127],
      [128],
      [2 ** 31 - 1],
      [2 ** 31],
      [2 ** 32 - 1],
      [2 ** 32],
      [2 ** 30, 2 ** 30, 7],
    ]) {
      assert.deepEqual(encodeFileData(sizes), written(sizes), String(sizes));
    }
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), (sizes) => {
        assert.deepEqual(encodeFileData(sizes), written(sizes));
        assert.deepEqual(decodeFileData(encodeFileData(sizes)), sizes);
      }),
    );
  });

  it('is what ipfs-unixfs writes, below 2 GiB', () => {
    const sizes = [1_048_576, 1_048_576, 5];
    const theirs = new UnixFS({ type: 'file', blockSizes: sizes.map(BigInt) }).marshal();
    assert.deepEqual(encodeFileData(sizes), Uint8Array.from(theirs));
  });

  it('is not read from a message that is cut, longer, of another type, or whose sizes do not add up', () => {
    const whole = encodeFileData([300, 5]);
    for (let length = 0; length < whole.length - 2; length += 1)
      assert.equal(decodeFileData(whole.subarray(0, length)), null);
    assert.equal(decodeFileData(Uint8Array.from([...whole, 0x38, 0])), null); // A mode.
    assert.equal(decodeFileData(Uint8Array.from([0x08, 1, ...whole.subarray(2)])), null); // A directory.
    assert.equal(decodeFileData(Uint8Array.from([0x08, 2, 0x18, 6, 0x20, 5])), null);
    assert.equal(decodeFileData(Uint8Array.from([0x08, 2, 0x18, 0x85, 0, 0x20, 5])), null); // Not the shortest varint.
    assert.equal(decodeFileData(Uint8Array.from([8, 2, 24, ...Array(9).fill(0xff), 1, 32, 5])), null);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const sizes = decodeFileData(bytes);
        assert.ok(sizes === null || Buffer.compare(encodeFileData(sizes), bytes) === 0);
      }),
    );
  });
});
