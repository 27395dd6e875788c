/** Routes where they are a cache: how many, who stays, who goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contact } from './message.ts';
import { DEFAULT_PARAMETERS } from './parameters.ts';
import { ageCache, forgetRoute, learnRoute, noteHeard, thinOut } from './routes.ts';
import { createRingState } from './state.ts';
import type { Turn } from './turn.ts';

const contact = (value: number): Contact => {
  const id = value.toString(16).padStart(4, '0');
  return { id, incarnation: 1, address: `${id}:1` };
};

/** Room for 16. */
function cache(): Turn & { now: number } {
  const state = createRingState(contact(0), { ...DEFAULT_PARAMETERS, routesMax: 1, cacheBytesMax: 4_096 });
  state.table.mode = 'part';
  let draw = 0;
  const random = (): number => (draw++ % 16) / 16;
  return { state, now: 0, random, effects: [], facts: [] };
}

test('the cache keeps to its bytes, in order, and what was heard of lately stays', () => {
  const turn = cache();
  for (let i = 1; i <= 16; i++) learnRoute(turn, contact(i * 16));
  turn.now = 60_000;
  for (let i = 9; i <= 16; i++) noteHeard(turn.state, contact(i * 16), turn.now);
  for (let i = 1; i <= 8; i++) learnRoute(turn, contact(i * 16 + 8));
  const { routes, table } = turn.state;
  assert.equal(routes.length, 16);
  assert.equal(table.heard.size, 16);
  assert.deepEqual(
    routes.map(({ id }) => id),
    routes.map(({ id }) => id).sort(),
  );
  const stayed = routes.filter(({ id }) => Number.parseInt(id, 16) >= 9 * 16);
  assert.ok(stayed.length >= 7, `${stayed.length} of those heard of stayed`);
});

test('an entry not heard of for a ninth of the age it was seen to reach leaves the cache', () => {
  const turn = cache();
  learnRoute(turn, contact(16));
  turn.now = 60_000;
  ageCache(turn);
  assert.equal(turn.state.routes.length, 1);
  turn.now = 70_000;
  ageCache(turn);
  assert.equal(turn.state.routes.length, 0);
});

test('an entry found dead is forgotten with all that is known of it', () => {
  const turn = cache();
  learnRoute(turn, contact(16));
  forgetRoute(turn.state, contact(16));
  assert.deepEqual([turn.state.routes.length, turn.state.table.heard.size], [0, 0]);
});

test('a table of all becomes a cache spread over the whole ring', () => {
  const { state } = cache();
  for (let i = 1; i <= 160; i++) state.routes.push(contact(i));
  thinOut(state, 0);
  assert.equal(state.routes.length, 16);
  assert.equal(state.table.heard.size, 16);
  assert.deepEqual([state.routes[0]?.id, state.routes[15]?.id], ['0001', '0097']);
});
