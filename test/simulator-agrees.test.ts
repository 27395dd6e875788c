import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWithSimulator } from './simulator-agrees.ts';

test('six processes that are killed, leave and return answer as the simulator says, hop for hop', async () => {
  const agreement = await compareWithSimulator({
    nodes: 6,
    killed: 2,
    leaving: 1,
    settledLookups: 60,
    hastyLookups: 10,
    restMs: 0,
    settings: {},
  });
  assert.equal(agreement.wrongOwners, 0);
  // A node that a busy machine holds up is gone round, and costs one more call.
  assert.ok(agreement.sameHopsShare >= 0.95, `${agreement.sameHopsShare} of the hop counts are the same`);
});
