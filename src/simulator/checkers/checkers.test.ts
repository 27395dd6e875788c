/** Each checker says nothing of a good state and catches a bad one made by hand: one that cannot fail would prove nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Contact } from '../../ring/message.ts';
import { seededRandom } from '../random.ts';
import { atLeastOneRing } from './at-least-one-ring.ts';
import { atMostOneRing } from './at-most-one-ring.ts';
import { connectedAppendages } from './connected-appendages.ts';
import { headsAreIdeal, ideal } from './ideal.ts';
import { LossOfPrincipals, lossOfPrincipals, whoSkips } from './loss-of-principals.ts';
import { noDuplicates } from './no-duplicates.ts';
import { oneLiveSuccessor } from './one-live-successor.ts';
import { orderedLists } from './ordered-lists.ts';
import { orderedRing } from './ordered-ring.ts';
import { claimsAreApart, memberOwner, settledOwner } from './owner-agreement.ts';
import { principalsOf } from './principals.ts';
import { principalsInRing } from './principals-in-ring.ts';
import { type Place, RingView } from './ring-view.ts';
import { ringsOf } from './rings.ts';
import { countOf, sufficientPrincipals } from './sufficient-principals.ts';

const R = 2;

function contact(id: string, incarnation = 1): Contact {
  return { id, incarnation, address: `${id}:1` };
}

function place(id: string, successors: string, predecessor: string | null, more: Partial<Place> = {}): Place {
  return {
    contact: contact(id),
    successors: [...successors].map((entry) => contact(entry)),
    predecessor: predecessor === null ? null : contact(predecessor),
    inDoubt: false,
    wanted: R,
    ...more,
  };
}

/** Members named by one digit each, every list and predecessor as they should be. */
function idealPlaces(ids: string): Place[] {
  return [...ids].map((id, i) => {
    const at = (k: number): string => ids[(i + k + ids.length) % ids.length] as string;
    return place(id, Array.from({ length: R }, (_, k) => at(k + 1)).join(''), at(-1));
  });
}

/** An ideal ring with some places replaced. */
function ring(ids: string, ...changed: Place[]): RingView {
  const others = idealPlaces(ids).filter(({ contact }) => !changed.some((c) => c.contact.id === contact.id));
  return new RingView([...others, ...changed]);
}

test('an ideal ring breaks nothing', () => {
  const view = ring('13579');
  const rings = ringsOf(view);
  const principals = principalsOf(view);
  const loss = new LossOfPrincipals();
  assert.deepEqual(
    [
      oneLiveSuccessor(view),
      sufficientPrincipals(view, principals),
      atLeastOneRing(view, rings),
      atMostOneRing(view, rings),
      orderedRing(view, rings),
      connectedAppendages(view, rings),
      principalsInRing(view, rings, principals),
      lossOfPrincipals(loss.lost(view, principals)),
      claimsAreApart(view),
      headsAreIdeal(view),
      ideal(view),
      ...view.places.flatMap((each) => [noDuplicates(each), orderedLists(each)]),
    ].filter((wrong) => wrong !== null),
    [],
  );
  assert.equal(countOf(principals), 5);
});

test('one live successor: a list of the dead is caught, a ring of one is not', () => {
  assert.match(oneLiveSuccessor(ring('135', place('1', '24', '5'))) ?? '', /^1 has no live/);
  const returned = place('1', '', '5', { successors: [contact('3', 7), contact('5', 7)] });
  assert.match(oneLiveSuccessor(ring('135', returned)) ?? '', /^1 has no live/, 'other lives do not count');
  assert.equal(oneLiveSuccessor(new RingView([place('1', '', null)])), null);
});

test('no duplicates: itself and a second time are caught', () => {
  assert.match(noDuplicates(place('1', '31', '5')) ?? '', /own list/);
  assert.match(noDuplicates(place('1', '33', '5')) ?? '', /twice/);
});

test('ordered lists: a step back and a step past the node itself are caught', () => {
  assert.match(orderedLists(place('1', '53', '5')) ?? '', /out of order/);
  assert.match(orderedLists(place('5', '13', '3')) ?? 'none', /none/);
  assert.match(orderedLists(place('5', '17', '3')) ?? '', /out of order/);
});

test('at least one ring: ways that end nowhere are caught', () => {
  const view = new RingView([place('1', '2', null), place('3', '2', null)]);
  assert.match(atLeastOneRing(view, ringsOf(view)) ?? '', /no ring/);
  assert.equal(atLeastOneRing(new RingView([]), ringsOf(new RingView([]))), null);
});

test('at most one ring: two that know nothing of each other are caught, each once', () => {
  const view = new RingView([...idealPlaces('15'), ...idealPlaces('37')]);
  assert.match(atMostOneRing(view, ringsOf(view)) ?? '', /^2 rings: one with 1, one with 3/);
});

test('ordered ring: a ring that winds twice is caught', () => {
  // 1 → 5 → 3 → 7 → 1: all on one cycle, in no order.
  const view = new RingView([
    place('1', '5', null),
    place('5', '3', null),
    place('3', '7', null),
    place('7', '1', null),
  ]);
  const rings = ringsOf(view);
  assert.equal(atMostOneRing(view, rings), null);
  assert.match(orderedRing(view, rings) ?? '', /^1 leads to 5 past 3/);
});

test('ordered ring: a pair that passes the first by way of zero is caught', () => {
  const view = new RingView([place('1', '5', null), place('5', '9', null), place('9', '5', null)]);
  assert.equal(orderedRing(view, ringsOf(view)), null, '1 is an appendage, and may be passed');
  const passed = new RingView([
    place('1', '5', null),
    place('5', '9', null),
    place('9', '3', null),
    place('3', '1', null),
  ]);
  assert.match(orderedRing(passed, ringsOf(passed)) ?? '', / past /);
});

test('connected appendages: one that leads to the dead is caught, one that leads to the ring is not', () => {
  const joining = ring('1579', place('3', '57', '1'));
  assert.equal(connectedAppendages(joining, ringsOf(joining)), null);
  const lost = ring('1579', place('3', '4', '1'));
  assert.match(connectedAppendages(lost, ringsOf(lost)) ?? '', /^3 does not come/);
});

test('principals are as by the definition, over lists made by chance, held and on their way', () => {
  const random = seededRandom(7);
  const digits = '0123456789abcdef';
  for (let trial = 0; trial < 3_000; trial++) {
    const ids = [...digits].filter(() => random() < 0.4);
    if (ids.length === 0) continue;
    const list = (from: string): Contact[] =>
      [...digits.slice(digits.indexOf(from) + 1), ...digits.slice(0, digits.indexOf(from))]
        .filter(() => random() < 0.25)
        .map((id) => contact(id, random() < 0.85 ? 1 : 2));
    const places = ids.map((id) => place(id, '', null, { successors: list(id) }));
    const sender = digits[trial % 16] as string;
    const flying = random() < 0.5 ? [] : [{ from: contact(sender), successors: list(sender) }];
    const view = new RingView(places, flying);
    const expected = view.places.map(({ contact: p }) =>
      [...places.map((each) => ({ from: each.contact, successors: each.successors })), ...flying].some(
        (held) => skipsByDefinition([held.from, ...held.successors], p),
      )
        ? 0
        : 1,
    );
    assert.deepEqual([...principalsOf(view)], expected, JSON.stringify({ places, flying }));
  }
});

/** A pair of neighbours in the extended list, without other lives of p, that p stands strictly between. */
function skipsByDefinition(extended: readonly Contact[], p: Contact): boolean {
  const [first, ...rest] = extended as [Contact, ...Contact[]];
  const list = [first, ...rest.filter(({ id, incarnation }) => id !== p.id || incarnation === p.incarnation)];
  return list.some((a, i) => {
    const b = list[i + 1];
    if (b === undefined || p.id === a.id || p.id === b.id) return false;
    return a.id < b.id ? a.id < p.id && p.id < b.id : p.id > a.id || p.id < b.id;
  });
}

test('sufficient principals: a member that a list skips does not count', () => {
  const view = ring('135', place('1', '5', '5'));
  assert.match(sufficientPrincipals(view, principalsOf(view)) ?? '', /^2 principals, fewer than 3/);
});

test('sufficient principals: a list on its way counts like one that is held', () => {
  const places = idealPlaces('135');
  const view = new RingView(places, [{ from: contact('1'), successors: [contact('5')] }]);
  assert.match(sufficientPrincipals(view, principalsOf(view)) ?? '', /^2 principals/);
});

test('principals in ring: one off the ring that no list skips is caught', () => {
  const view = new RingView([place('1', '1', null), place('3', '1', null)]);
  const rings = ringsOf(view);
  assert.match(principalsInRing(view, rings, new Uint8Array([1, 1])) ?? '', /^3 is principal/);
});

test('loss of principals: one that a list skips of a sudden is caught, one that died is not', () => {
  const loss = new LossOfPrincipals();
  const before = ring('13579');
  loss.lost(before, principalsOf(before));
  const dead = ring('1579', place('1', '35', '9'));
  assert.deepEqual(loss.lost(dead, principalsOf(dead)), []);
  const skipping = ring('1579', place('1', '79', '9'));
  const lost = loss.lost(skipping, principalsOf(skipping));
  assert.match(lossOfPrincipals(lost) ?? '', /though alive: 5$/);
  assert.equal(whoSkips(skipping, contact('5'))?.id, '1');
});

test('loss of principals: a node that began a new life lost nothing', () => {
  const loss = new LossOfPrincipals();
  const before = ring('13579');
  loss.lost(before, principalsOf(before));
  const after = new RingView([
    ...idealPlaces('13579').filter((each) => each.contact.id !== '5'),
    { ...place('5', '79', '3'), contact: contact('5', 2) },
  ]);
  const principals = principalsOf(after);
  assert.equal(principals[2], 0, 'lists name its earlier life');
  assert.deepEqual(loss.lost(after, principals), []);
});

test('ideal: a head, a predecessor, a short list, a wrong entry and doubt are caught', () => {
  assert.match(ideal(ring('13579', place('1', '57', '9'))) ?? '', /head is 5, not 3/);
  assert.match(ideal(ring('13579', place('1', '35', '7'))) ?? '', /predecessor is 7, not 9/);
  assert.match(ideal(ring('13579', place('1', '3', '9'))) ?? '', /lists 1 successors, not 2/);
  assert.match(ideal(ring('13579', place('1', '37', '9'))) ?? '', /successor 2 is 7, not 5/);
  assert.match(ideal(ring('13579', place('1', '35', '9', { inDoubt: true }))) ?? '', /doubt/);
  const otherLife = place('1', '', '9', { successors: [contact('3', 2), contact('5')] });
  assert.match(headsAreIdeal(ring('13579', otherLife)) ?? '', /head is 3\/2, not 3/);
});

test('owner agreement: two that claim one key are caught, one in doubt claims none', () => {
  assert.match(claimsAreApart(ring('1357', place('5', '71', '1'))) ?? '', /^5 and 3 both claim/);
  assert.equal(claimsAreApart(ring('1357', place('5', '71', '1', { inDoubt: true }))), null);
  const alone = place('3', '', null);
  assert.match(claimsAreApart(ring('157', alone)) ?? '', /both claim/, 'a ring of one claims everything');
});

test('owner agreement: the owner is the first at or after the key, and the first in no doubt', () => {
  const view = ring('135', place('3', '51', '1', { inDoubt: true }));
  assert.equal(memberOwner(view, '2')?.id, '3');
  assert.equal(settledOwner(view, '2')?.id, '5');
  assert.equal(memberOwner(view, '5')?.id, '5');
  assert.equal(memberOwner(view, '6')?.id, '1');
});
