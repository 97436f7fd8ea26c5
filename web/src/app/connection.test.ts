import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { connectionState, markDisconnected, markOffline, markOnline } from './connection.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  connectionState.write('online');
});

test('a response after an outage shows as restored for a moment', () => {
  markOffline();
  expect(connectionState.read()).toBe('offline');
  markOnline();
  expect(connectionState.read()).toBe('restored');
  vi.runAllTimers();
  expect(connectionState.read()).toBe('online');
});

test('a response while online changes nothing', () => {
  markOnline();
  expect(connectionState.read()).toBe('online');
});

test('a connection that is lost again stays offline', () => {
  markOffline();
  markOnline();
  markOffline();
  vi.runAllTimers();
  expect(connectionState.read()).toBe('offline');
});

test('a socket that reconnects soon does not show as offline', () => {
  markDisconnected();
  vi.advanceTimersByTime(1_000);
  markOnline();
  vi.runAllTimers();
  expect(connectionState.read()).toBe('online');
});

test('a socket that stays closed shows as offline', () => {
  markDisconnected();
  vi.advanceTimersByTime(1_000);
  markDisconnected();
  vi.advanceTimersByTime(1_000);
  expect(connectionState.read()).toBe('offline');
  markOnline();
  expect(connectionState.read()).toBe('restored');
});
