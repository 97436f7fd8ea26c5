import { ApolloClient } from '@apollo/client';
import type { Sink, SubscribePayload } from 'graphql-ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { createCache } from './cache.ts';
import { CrudArrivalsDocument } from './gen/graphql.ts';
import { subscriptions } from './subscriptions.ts';
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

/** What the latest subscription sends, as it would be sent now, and where its events go. */
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
  const client = new ApolloClient({ cache: createCache(), link: subscriptions(null).link });
  const got: (string | undefined)[] = [];
  const subscription = client
    .subscribe({ query: CrudArrivalsDocument, variables: { after: 'start' } })
    .subscribe(({ data, error }) => got.push(data?.activityCreated.node.id ?? error?.message));
  await vi.waitFor(() => expect(sockets.subscribe).toHaveBeenCalled());
  return { got, subscription };
}

test('a subscription goes on behind the last event that came', async () => {
  const { got } = await subscribe();
  expect(latest().sent.variables).toEqual({ after: 'start' });
  latest().sink.next(event('1'));
  latest().sink.next(event('2'));
  expect(got).toEqual(['1', '2']);
  // The socket sends the same payload again after it was cut.
  expect(latest().sent.variables).toEqual({ after: 'after 2' });
});

test('a failure of the gateway is waited out', async () => {
  const { got } = await subscribe();
  latest().sink.next(event('1'));
  latest().sink.error([{ message: 'Later.', extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sockets.subscribe).toHaveBeenCalledTimes(2);
  expect(latest().sent.variables).toEqual({ after: 'after 1' });
  latest().sink.next(event('2'));
  expect(got).toEqual(['1', '2']);
});

test('a refusal is final', async () => {
  const { got } = await subscribe();
  latest().sink.error([{ message: 'No such cursor.', extensions: { code: 'BAD_USER_INPUT' } }]);
  await vi.runAllTimersAsync();
  expect(sockets.subscribe).toHaveBeenCalledTimes(1);
  expect(got).toEqual(['No such cursor.']);
});
