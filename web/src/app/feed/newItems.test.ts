import { expect, test } from 'vitest';

import { newestCursor, notInList, prepended } from './newItems.ts';

const edges = (...ids: string[]) => ids.map((id) => ({ cursor: `after ${id}`, node: { id } }));

test('items that are already in the list are not new', () => {
  expect(notInList(edges('d', 'c'), edges('b', 'a'))).toEqual(edges('d', 'c'));
  expect(notInList(edges('d', 'c'), edges('c', 'b', 'a'))).toEqual(edges('d'));
  expect(notInList([], edges('a'))).toEqual([]);
});

test('new items are prepended to the list only once', () => {
  const list = { edges: edges('b', 'a'), pageInfo: { hasNextPage: true } };
  expect(prepended(list, edges('c', 'b'))).toEqual({ ...list, edges: edges('c', 'b', 'a') });
});

test('the newest cursor skips items that the gateway has not confirmed', () => {
  const optimistic = { cursor: '', node: { id: 'optimistic:1' } };
  expect(newestCursor([optimistic, ...edges('b', 'a')])).toBe('after b');
  expect(newestCursor([])).toBeNull();
});
