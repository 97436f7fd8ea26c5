import { expect, test } from 'vitest';

import { draftKey } from './draftKey.ts';

test('the same draft keeps its key', () => {
  const key = draftKey();
  expect(key('hello')).toBe(key('hello'));
  expect(key('hello')).toMatch(/^[0-9a-f]{32}$/);
});

test('an edited draft has another key, even when it is edited back', () => {
  const key = draftKey();
  const keys = [key('hello'), key('hello!'), key('hello')];
  expect(new Set(keys).size).toBe(3);
});

test('two composers never share a key', () => {
  expect(draftKey()('hello')).not.toBe(draftKey()('hello'));
});
