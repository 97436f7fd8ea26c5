import { expect, test } from 'vitest';

import { countArrivals } from './arrivals.ts';

test('what stands before the first known item has arrived', () => {
  expect(countArrivals(['d', 'c', 'b', 'a'], ['b', 'a'])).toBe(2);
});

test('nothing has arrived where the newest is known', () => {
  expect(countArrivals(['b', 'a'], ['b', 'a'])).toBe(0);
});

test('a deleted item does not make the rest new', () => {
  expect(countArrivals(['a'], ['b', 'a'])).toBe(0);
});

test('a page without known items is new as a whole', () => {
  expect(countArrivals(['d', 'c'], ['b', 'a'])).toBe(2);
  expect(countArrivals(['a'], [])).toBe(1);
  expect(countArrivals([], ['a'])).toBe(0);
});
