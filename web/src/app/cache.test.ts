import { expect, test } from 'vitest';

import { type LoadedList, refreshed } from './cache.ts';

const list = (ids: string, pageInfo: object = {}): LoadedList => ({
  edges: Array.from(ids, (id) => ({ cursor: id, node: { __ref: id } })),
  pageInfo,
});
const idsOf = ({ edges }: LoadedList) => edges.map(({ node }) => node.__ref).join('');

test('what was loaded before the newest page stays', () => {
  const known = list('abcd', { startCursor: 'a' });
  const merged = refreshed(known, list('cde', { startCursor: 'c' }), 'back');
  expect(idsOf(merged)).toBe('abcde');
  expect(merged.pageInfo).toEqual({ startCursor: 'a' });
});

test('what was added while the page was on its way stays behind it', () => {
  expect(idsOf(refreshed(list('abx'), list('ab'), 'back'))).toBe('abx');
});

test('what came in between takes its place', () => {
  expect(idsOf(refreshed(list('abx'), list('abcx'), 'back'))).toBe('abcx');
});

test('what rose to the front leaves its old place', () => {
  const known = list('abcd', { endCursor: 'd' });
  const merged = refreshed(known, list('da', { endCursor: 'a' }), 'front');
  expect(idsOf(merged)).toBe('dabc');
  expect(merged.pageInfo).toEqual({ endCursor: 'd' });
});

test('a page that shares nothing with what is known replaces it', () => {
  const page = list('xy');
  expect(refreshed(list('ab'), page, 'back')).toBe(page);
  expect(refreshed(list('ab'), page, 'front')).toBe(page);
});
