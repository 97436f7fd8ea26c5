import { expect, test } from 'vitest';

import { type LoadedList, mergeNewestPage } from './cache.ts';

const list = (ids: string, pageInfo: object = {}): LoadedList => ({
  edges: Array.from(ids, (id) => ({ cursor: id, node: { __ref: id } })),
  pageInfo,
});
const idsOf = ({ edges }: LoadedList) => edges.map(({ node }) => node.__ref).join('');

test('older items stay when the newest page is fetched again', () => {
  const existing = list('abcd', { startCursor: 'a' });
  const merged = mergeNewestPage(existing, list('cde', { startCursor: 'c' }), 'back');
  expect(idsOf(merged)).toBe('abcde');
  expect(merged.pageInfo).toEqual({ startCursor: 'a' });
});

test('items added during the fetch stay behind the page', () => {
  expect(idsOf(mergeNewestPage(list('abx'), list('ab'), 'back'))).toBe('abx');
});

test('items that arrived in between take their place', () => {
  expect(idsOf(mergeNewestPage(list('abx'), list('abcx'), 'back'))).toBe('abcx');
});

test('an item that moves to the front leaves its old place', () => {
  const existing = list('abcd', { endCursor: 'd' });
  const merged = mergeNewestPage(existing, list('da', { endCursor: 'a' }), 'front');
  expect(idsOf(merged)).toBe('dabc');
  expect(merged.pageInfo).toEqual({ endCursor: 'd' });
});

test('a page without overlap replaces the list', () => {
  const page = list('xy');
  expect(mergeNewestPage(list('ab'), page, 'back')).toBe(page);
  expect(mergeNewestPage(list('ab'), page, 'front')).toBe(page);
});
