import { expect, test } from 'vitest';

import { hasPassed, isWithinAnHour, plural, timeAgo, timeLeft } from './time.ts';

const now = Date.parse('2026-06-15T12:00:00Z');

test.each([
  ['2026-06-15T11:59:30Z', 'now'],
  ['2026-06-15T11:55:00Z', '5m'],
  ['2026-06-15T09:00:00Z', '3h'],
  ['2026-06-13T12:00:00Z', '2d'],
  ['2026-03-04T12:00:00Z', 'Mar 4'],
  ['2025-03-04T12:00:00Z', 'Mar 4, 2025'],
  ['2026-06-15T12:00:05Z', 'now'],
])('%s was %s ago', (timestamp, expected) => {
  expect(timeAgo(timestamp, now)).toBe(expected);
});

test.each([
  ['2026-06-15T12:00:30Z', 'less than a minute'],
  ['2026-06-15T12:01:29Z', '1 minute'],
  ['2026-06-15T12:59:50Z', '1 hour'],
  ['2026-06-15T15:00:00Z', '3 hours'],
  ['2026-06-16T11:59:59Z', '1 day'],
  ['2026-06-22T11:00:00Z', '7 days'],
])('%s is in %s', (timestamp, expected) => {
  expect(timeLeft(timestamp, now)).toBe(expected);
});

test('a missing expiry never passes', () => {
  expect(hasPassed(null, now)).toBe(false);
  expect(hasPassed('2026-06-15T12:00:00Z', now)).toBe(true);
  expect(hasPassed('2026-06-15T12:00:01Z', now)).toBe(false);
});

test('the last hour starts an hour before the end', () => {
  expect(isWithinAnHour('2026-06-15T12:59:59Z', now)).toBe(true);
  expect(isWithinAnHour('2026-06-15T13:00:00Z', now)).toBe(false);
});

test('plural uses the singular for one', () => {
  expect([plural(0, 'crud'), plural(1, 'crud'), plural(2, 'crud')]).toEqual([
    '0 cruds',
    '1 crud',
    '2 cruds',
  ]);
});
