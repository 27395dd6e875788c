import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './random.ts';
import { Schedule } from './schedule.ts';

test('things happen in the order of their times, at one time in the order in which they were planned', () => {
  const schedule = new Schedule();
  const random = seededRandom(1);
  const planned: { time: number; number: number }[] = [];
  const happened: { time: number; number: number }[] = [];
  const plan = (number: number): void => {
    const time = schedule.now + Math.floor(random() * 50);
    planned.push({ time, number });
    schedule.at(
      time,
      {
        happen(kind) {
          assert.equal(kind, number % 16);
          assert.equal(schedule.now, time);
          happened.push({ time, number });
          if (number % 3 === 0 && planned.length < 20_000) plan(planned.length);
        },
      },
      number % 16,
    );
  };
  for (let i = 0; i < 10_000; i++) plan(i);
  schedule.runUntil(1_000);
  assert.equal(schedule.now, 1_000);
  assert.equal(schedule.size, 0);
  assert.deepEqual(
    happened,
    planned.toSorted((a, b) => a.time - b.time || a.number - b.number),
  );
});

test('what is planned for the past happens now, and what lies later waits', () => {
  const schedule = new Schedule();
  const times: number[] = [];
  const note = { happen: () => times.push(schedule.now) };
  schedule.runUntil(100);
  schedule.at(50, note);
  schedule.at(101, note);
  schedule.runUntil(100);
  assert.deepEqual(times, [100]);
  assert.ok(schedule.runNext(101));
  assert.ok(!schedule.runNext(1_000));
  assert.deepEqual(times, [100, 101]);
});
