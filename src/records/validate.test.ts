import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { BATCH_DOMAIN, buildBatch } from './batch.ts';
import { encodeBody } from './body.ts';
import { fromHex, type Sha256, utf8 } from './bytes.ts';
import { nextInstant } from './clock.ts';
import { leafHash } from './encoding.ts';
import { firstKey } from './placement-keys.ts';
import type { Record, RecordBody, SignedBatch } from './record.ts';
import { type Checks, isRefusal, refuseBatch, validatePlacement, validateRecord } from './validate.ts';

const NOW = 1_800_000_000_000;
const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const signerKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
const idOf = (key: Uint8Array) => createHash('sha256').update('id').update(key).digest('hex');
const checks: Checks = {
  networkId: '11'.repeat(32),
  sha256,
  nodeIdOf: idOf,
  verify: (_, signature, domain, ...message) =>
    verify(null, Buffer.concat([utf8(domain), ...message]), publicKey, signature),
};

const rest = { size: 1, type: '', modified: 1, tags: [], copies: 1, labels: {}, previous: null };
const body: RecordBody = {
  kind: 'publication',
  body: { cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', path: 'a/b', ...rest },
};

/** A record alone in its batch, signed as it stands after `change`. */
function signed(change: Partial<Record> = {}, batchChange: Partial<SignedBatch> = {}): Record {
  const context = {
    networkId: checks.networkId,
    version: 1,
    signer: idOf(signerKey),
    signerKey,
    credential: new Uint8Array(0),
    ...batchChange,
  };
  const draft = {
    kind: body.kind,
    key: firstKey(sha256, body),
    publisher: context.signer,
    seq: nextInstant(0n, NOW),
    issuedAtMs: NOW,
    body: encodeBody(body),
    ...change,
  };
  const { root, path } = buildBatch(sha256, [leafHash(sha256, context, draft)]);
  const message = Buffer.concat([utf8(BATCH_DOMAIN), fromHex(context.networkId), root]);
  const batch = { ...context, root, signature: sign(null, message, privateKey) };
  return { ...draft, batch, batchPath: path(0), batchIndex: 0 };
}

function refusal(record: Record): string | null {
  const batch = refuseBatch(checks, record.batch);
  if (batch !== null) return batch.code;
  const result = validateRecord(checks, record, NOW);
  return isRefusal(result) ? result.code : null;
}

test('a record as it was signed holds, under its keys and no other', () => {
  const record = signed();
  assert.equal(refusal(record), null);
  const valid = validateRecord(checks, record, NOW);
  assert.ok(!isRefusal(valid));
  assert.equal(valid.placements.length, 3);
  for (const { key } of valid.placements)
    assert.ok(!isRefusal(validatePlacement(checks, record, valid, key)));
  assert.ok(isRefusal(validatePlacement(checks, record, valid, 'ff'.repeat(32))));
});

test('a record of another network or version, or by a signer that does not own its key, is refused', () => {
  assert.equal(refusal(signed({}, { networkId: '22'.repeat(32) })), 'invalid_record');
  assert.equal(refusal(signed({}, { version: 2 })), 'invalid_record');
  assert.equal(refusal(signed({}, { signer: '33'.repeat(32) })), 'invalid_record');
});

test('nobody signs for another publisher', () => {
  assert.equal(refusal(signed({ publisher: '44'.repeat(32) })), 'invalid_record');
});

test('what is changed after signing is refused, field by field', () => {
  const record = signed();
  const later: Partial<Record>[] = [
    { seq: record.seq + 1n },
    { issuedAtMs: NOW - 1 },
    { body: encodeBody({ ...body, body: { ...body.body, size: 2 } } as RecordBody) },
    { batch: { ...record.batch, credential: utf8('x') } },
    { batch: { ...record.batch, root: sha256(utf8('other')) } },
    { batch: { ...record.batch, signature: new Uint8Array(64) } },
    { batchIndex: 1 },
    { batchPath: new Uint8Array(32) },
  ];
  for (const change of later)
    assert.equal(refusal({ ...record, ...change }), 'invalid_record', JSON.stringify(Object.keys(change)));
});

test('a key that does not follow from the body is refused', () => {
  assert.equal(refusal(signed({ key: '55'.repeat(32) })), 'invalid_record');
});

test('a record more than five minutes ahead is refused for its clock, one that is old never', () => {
  const minutes = (count: number) => NOW + count * 60_000;
  assert.equal(refusal(signed({ issuedAtMs: minutes(4) })), null);
  assert.equal(refusal(signed({ issuedAtMs: minutes(6) })), 'clock_skew');
  assert.equal(refusal(signed({ seq: nextInstant(0n, minutes(6)) })), 'clock_skew');
  assert.equal(refusal(signed({ issuedAtMs: 0, seq: 0n })), null);
  assert.equal(refusal(signed({ seq: 2n ** 63n })), 'invalid_record');
});
