import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { base16 } from 'multiformats/bases/base16';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64url } from 'multiformats/bases/base64';
import { CID } from 'multiformats/cid';
import * as digests from 'multiformats/hashes/digest';
import { Problem } from '../problems/problem.ts';
import { formatCid, makeCid, parseCid } from './cid.ts';

const HELLO = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';

function refuses(text: string): void {
  assert.throws(
    () => parseCid(text),
    (error) => error instanceof Problem && error.code === 'bad_cid',
    text,
  );
}

describe('a CID', () => {
  it('read from any usual base is written in lower-case base32', () => {
    const cid = CID.parse(HELLO);
    for (const base of [base16, base36, base58btc, base64url]) {
      assert.equal(parseCid(cid.toString(base.encoder)).text, HELLO);
    }
    assert.equal(parseCid(HELLO.toUpperCase()).text, HELLO);
  });

  it('survives writing and reading, for every digest and both codecs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.boolean(), (digest, isLeaf) => {
        const codec = isLeaf ? 'raw' : 'dag-pb';
        assert.deepEqual(parseCid(formatCid(codec, digest)), makeCid(codec, digest));
      }),
    );
  });

  it('of another version, codec, hash or length is refused', () => {
    const digest = CID.parse(HELLO).multihash.digest;
    const dagCbor = 0x71;
    const sha3 = 0x16;
    refuses('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD');
    refuses(CID.createV1(dagCbor, digests.create(0x12, digest)).toString());
    refuses(CID.createV1(0x55, digests.create(sha3, digest)).toString());
    refuses(CID.createV1(0x55, digests.create(0x12, digest.subarray(1))).toString());
    refuses(`${HELLO}aa`);
  });

  it('made of anything else is refused, and nothing but a problem is thrown', () => {
    for (const text of [
      '',
      'b',
      'bafkrei',
      '../etc/passwd',
      `${HELLO}\0`,
      'a'.repeat(100_000),
      '🚀',
      HELLO.slice(0, -1),
    ]) {
      refuses(text);
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        try {
          assert.equal(parseCid(text).text.length, HELLO.length);
        } catch (error) {
          assert.ok(error instanceof Problem);
        }
      }),
    );
  });
});
