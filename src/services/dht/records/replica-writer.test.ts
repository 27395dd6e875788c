import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import {
  type RecordsServiceClient,
  StoreOutcome,
  type StoreResult,
} from '../../../generated/anillo/records/v1/records.ts';
import type { Contact } from '../../../ring/message.ts';
import type { PeerPort, RingPort } from '../ring-port.ts';
import { Ownership } from './ownership.ts';
import { PeerCalls } from './peer-calls.ts';
import { ReplicaWriter } from './replica-writer.ts';

const [SELF, NEAR, FAR] = ['10', '20', '30'].map(contact) as [Contact, Contact, Contact];
const STORED = result(StoreOutcome.STORE_OUTCOME_STORED);
const SUPERSEDED = result(StoreOutcome.STORE_OUTCOME_SUPERSEDED);
const REFUSED = result(StoreOutcome.STORE_OUTCOME_REFUSED, 'quota');

test('a replica counts when all it was given stands there, as it came or in a newer version', async () => {
  assert.deepEqual(await write({ [NEAR.id]: [STORED, SUPERSEDED], [FAR.id]: [REFUSED] }), {
    holders: 2,
    wanted: 2,
  });
});

test('replicas that refused a record are no holders, though they answered', async () => {
  assert.deepEqual(await write({ [NEAR.id]: [STORED, REFUSED], [FAR.id]: [REFUSED, REFUSED] }), {
    holders: 1,
    wanted: 2,
  });
});

/** Two records, to two replicas that answer so. */
function write(answers: { readonly [node: string]: StoreResult[] }) {
  const ring: RingPort = {
    self: SELF,
    neighbours: () => ({ joined: true, inDoubt: false, predecessor: FAR, successors: [NEAR, FAR] }),
    lookup: () => Promise.reject(new Error('nothing is looked up')),
    onEvent: () => () => {},
  };
  const peers: PeerPort = {
    networkId: '',
    networkTag: 0n,
    descriptor: () => null,
    records: async ({ id }) => {
      const replicate = (
        _: unknown,
        __: unknown,
        ___: unknown,
        done: (error: null, answer: object) => void,
      ) => done(null, { results: answers[id] });
      return { replicate } as unknown as RecordsServiceClient;
    },
  };
  const calls = new PeerCalls(peers, SELF.id, 1000, () => assert.fail('no call to itself'));
  const writer = new ReplicaWriter(new Ownership(ring), calls, pino({ level: 'silent' }));
  return writer.write({ all: new Uint8Array(1), wide: null, leases: [] });
}

function contact(id: string): Contact {
  return { id, incarnation: 1, address: `127.0.0.1:${id}` };
}

function result(outcome: StoreOutcome, code = ''): StoreResult {
  return { outcome, code };
}
