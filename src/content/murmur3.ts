/**
 * MurmurHash3 x64 128 with seed 0, of which UnixFS uses the first half to place names in sharded directories (multicodec
 * `murmur3-x64-64`). It spreads and proves nothing: whoever wants two names with one hash finds them.
 */

const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;
const BLOCK_BYTES = 16;

export const NAME_HASH_BYTES = 8;

/** The hash of a name in UTF-8; its first byte is what the topmost shard looks at. */
export function hashOfName(name: string): Uint8Array {
  const bytes = Buffer.from(name);
  const whole = bytes.length - (bytes.length % BLOCK_BYTES);
  let h1 = 0n;
  let h2 = 0n;
  for (let at = 0; at < whole; at += BLOCK_BYTES) {
    h1 = wrap(rotate(h1 ^ mixFirst(bytes.readBigUInt64LE(at)), 27n) + h2);
    h1 = wrap(h1 * 5n + 0x52dce729n);
    h2 = wrap(rotate(h2 ^ mixSecond(bytes.readBigUInt64LE(at + 8)), 31n) + h1);
    h2 = wrap(h2 * 5n + 0x38495ab5n);
  }
  const tail = Buffer.alloc(BLOCK_BYTES);
  bytes.copy(tail, 0, whole);
  const length = BigInt(bytes.length);
  // Of an absent half the mix is zero, so that it need not be left out.
  h1 ^= mixFirst(tail.readBigUInt64LE(0)) ^ length;
  h2 ^= mixSecond(tail.readBigUInt64LE(8)) ^ length;
  h1 = wrap(h1 + h2);
  h2 = wrap(h2 + h1);
  const hash = Buffer.alloc(NAME_HASH_BYTES);
  hash.writeBigUInt64BE(wrap(finish(h1) + finish(h2)));
  return hash;
}

function mixFirst(k: bigint): bigint {
  return wrap(rotate(wrap(k * C1), 31n) * C2);
}

function mixSecond(k: bigint): bigint {
  return wrap(rotate(wrap(k * C2), 33n) * C1);
}

function finish(h: bigint): bigint {
  let k = h;
  k = wrap((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn);
  k = wrap((k ^ (k >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return k ^ (k >> 33n);
}

function rotate(value: bigint, bits: bigint): bigint {
  return wrap((value << bits) | (value >> (64n - bits)));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
