import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect, Input } from './effect.ts';
import type { Contact } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { createRingState } from './state.ts';
import { step } from './step.ts';

const contact = (id: string): Contact => ({ id, incarnation: 1, address: `${id}:1` });
const [SEED, BEFORE, DEAD, JOINER] = [contact('10'), contact('20'), contact('30'), contact('40')];

test('a joiner goes round one that is silent, though the others name it still', () => {
  const state = createRingState(JOINER, DEFAULT_PARAMETERS);
  let now = 0;
  const walks: Extract<Effect, { type: 'send' }>[] = [];
  const feed = (input: Input): void => {
    now += 1;
    for (const effect of step(state, now, () => 0.5, input))
      if (effect.type === 'send' && effect.request.type === 'bestPredecessor') walks.push(effect);
  };
  const asked = (): { to: string; id: string; requestId: number } => {
    const { to, request, requestId } = walks.at(-1) as Extract<Effect, { type: 'send' }>;
    assert.equal(request.type, 'bestPredecessor');
    return { to: to.id, id: 'id' in request ? request.id : '', requestId };
  };
  const named = (from: Contact, best: Contact): void =>
    feed({
      type: 'reply',
      requestId: asked().requestId,
      from,
      reply: { type: 'bestPredecessor', best, successors: [] },
    });

  feed({ type: 'join', seeds: [SEED] });
  named(SEED, DEAD);
  assert.equal(asked().to, DEAD.id);
  feed({ type: 'failure', requestId: asked().requestId, reason: 'deadline' });
  now = state.timers.get('join') as number;
  feed({ type: 'timer', timerId: 'join' });
  assert.equal(asked().to, SEED.id, 'not the silent one');
  named(SEED, DEAD);
  assert.deepEqual([asked().to, asked().id], [SEED.id, DEAD.id], 'who stands before the silent one?');
  named(SEED, BEFORE);
  assert.deepEqual([asked().to, asked().id], [BEFORE.id, JOINER.id]);
});
