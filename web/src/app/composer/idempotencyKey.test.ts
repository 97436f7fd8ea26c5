import { expect, test } from 'vitest';

import { createIdempotencyKeys } from './idempotencyKey.ts';

test('the same draft keeps its key', () => {
  const keyOf = createIdempotencyKeys();
  expect(keyOf('hello')).toBe(keyOf('hello'));
  expect(keyOf('hello')).toMatch(/^[0-9a-f]{32}$/);
});

test('an edited draft gets a new key, even if it is edited back', () => {
  const keyOf = createIdempotencyKeys();
  const keys = [keyOf('hello'), keyOf('hello!'), keyOf('hello')];
  expect(new Set(keys).size).toBe(3);
});

test('two composers never share a key', () => {
  expect(createIdempotencyKeys()('hello')).not.toBe(createIdempotencyKeys()('hello'));
});
