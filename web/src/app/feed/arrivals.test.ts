import { expect, test } from 'vitest';

import { missing, newestCursor, prepended } from './arrivals.ts';

const edges = (...ids: string[]) => ids.map((id) => ({ cursor: `after ${id}`, node: { id } }));

test('what is shown already has not arrived', () => {
  expect(missing(edges('d', 'c'), edges('b', 'a'))).toEqual(edges('d', 'c'));
  expect(missing(edges('d', 'c'), edges('c', 'b', 'a'))).toEqual(edges('d'));
  expect(missing([], edges('a'))).toEqual([]);
});

test('what has arrived stands in front of the list once', () => {
  const list = { edges: edges('b', 'a'), pageInfo: { hasNextPage: true } };
  expect(prepended(list, edges('c', 'b'))).toEqual({ ...list, edges: edges('c', 'b', 'a') });
});

test('what is new comes after the newest item that is not still on its way', () => {
  const unsent = { cursor: '', node: { id: 'unsent:1' } };
  expect(newestCursor([unsent, ...edges('b', 'a')])).toBe('after b');
  expect(newestCursor([])).toBeNull();
});
