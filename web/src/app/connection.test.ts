import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { connection, cut, reached, unreachable } from './connection.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  connection.write('online');
});

test('an answer after silence is told for a moment', () => {
  unreachable();
  expect(connection.read()).toBe('offline');
  reached();
  expect(connection.read()).toBe('restored');
  vi.runAllTimers();
  expect(connection.read()).toBe('online');
});

test('an answer while online tells nothing', () => {
  reached();
  expect(connection.read()).toBe('online');
});

test('a connection that is lost again stays lost', () => {
  unreachable();
  reached();
  unreachable();
  vi.runAllTimers();
  expect(connection.read()).toBe('offline');
});

test('a socket that is back soon is not missed', () => {
  cut();
  vi.advanceTimersByTime(1_000);
  reached();
  vi.runAllTimers();
  expect(connection.read()).toBe('online');
});

test('a socket that stays away is missed', () => {
  cut();
  vi.advanceTimersByTime(1_000);
  cut();
  vi.advanceTimersByTime(1_000);
  expect(connection.read()).toBe('offline');
  reached();
  expect(connection.read()).toBe('restored');
});
