import { ApolloClient } from '@apollo/client';
import type { Sink, SubscribePayload } from 'graphql-ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createCache } from './cache.ts';
import { NewCrudsDocument } from './gen/graphql.ts';
import { createSubscriptionLink } from './subscriptions.ts';
import { andrew, crud } from './testing.ts';

const sockets = vi.hoisted(() => ({ subscribe: vi.fn() }));
vi.mock('./socket.ts', () => ({ openSocket: () => sockets }));

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  sockets.subscribe.mockReset();
});

/** The payload of the latest subscription as it would be sent now, and its sink. */
function latest() {
  const [payload, sink] = sockets.subscribe.mock.lastCall as [SubscribePayload, Sink];
  return { sent: JSON.parse(JSON.stringify(payload)) as SubscribePayload, sink };
}

function event(id: string) {
  const author = { ...andrew, viewerIsFollowing: false };
  const edge = { __typename: 'ActivityEdge', cursor: `after ${id}`, node: { ...crud(id), author } };
  return { data: { activityCreated: edge } };
}

async function subscribe() {
  const client = new ApolloClient({
    cache: createCache(),
    link: createSubscriptionLink(null).link,
  });
  const received: (string | undefined)[] = [];
  const subscription = client
    .subscribe({ query: NewCrudsDocument, variables: { after: 'start' } })
    .subscribe(({ data, error }) => received.push(data?.activityCreated.node.id ?? error?.message));
  await vi.waitFor(() => expect(sockets.subscribe).toHaveBeenCalled());
  return { received, subscription };
}

test('an interrupted subscription resumes after its last event', async () => {
  const { received } = await subscribe();
  expect(latest().sent.variables).toEqual({ after: 'start' });
  latest().sink.next(event('1'));
  latest().sink.next(event('2'));
  expect(received).toEqual(['1', '2']);
  // After a reconnect, the socket sends this payload again.
  expect(latest().sent.variables).toEqual({ after: 'after 2' });
});

test('a transient error is retried', async () => {
  const { received } = await subscribe();
  latest().sink.next(event('1'));
  latest().sink.error([{ message: 'Later.', extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sockets.subscribe).toHaveBeenCalledTimes(2);
  expect(latest().sent.variables).toEqual({ after: 'after 1' });
  latest().sink.next(event('2'));
  expect(received).toEqual(['1', '2']);
});

test('any other error ends the subscription', async () => {
  const { received } = await subscribe();
  latest().sink.error([{ message: 'Invalid cursor.', extensions: { code: 'BAD_USER_INPUT' } }]);
  await vi.runAllTimersAsync();
  expect(sockets.subscribe).toHaveBeenCalledTimes(1);
  expect(received).toEqual(['Invalid cursor.']);
});
