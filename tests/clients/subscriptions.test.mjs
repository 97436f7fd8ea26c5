// Subscriptions through graphql-ws, graphql-sse and Apollo Client, against the real binary.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApolloLink, HttpLink, gql } from "@apollo/client/core";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { print } from "graphql";
import { Observable } from "rxjs";
import WebSocket from "ws";

import { apolloClient, eventClient, post, socketClient, startSqliteGateway } from "./clients.mjs";

let gateway;
before(async () => (gateway = await startSqliteGateway()));
after(() => gateway.stop());

const CREATED = `subscription($after: String) {
  activityCreated(after: $after) { cursor node { message } }
}`;

/** A queue of a subscription's events: pass `sink` to the client and await `next()`. */
function inbox() {
  const waiting = [];
  const arrived = [];
  const put = (settle) => (value) => {
    const next = waiting.shift();
    if (next) next[settle](value);
    else arrived.push([settle, value]);
  };
  return {
    sink: {
      next: put("resolve"),
      error: put("reject"),
      complete: () => put("resolve")(undefined),
    },
    next: () =>
      new Promise((resolve, reject) => {
        const first = arrived.shift();
        if (!first) waiting.push({ resolve, reject });
        else if (first[0] === "resolve") resolve(first[1]);
        else reject(first[1]);
      }),
  };
}

/** Posts cruds until the new subscription receives one, and returns that event. */
async function firstReceived(events, name) {
  let received;
  const first = events.next().then((event) => (received = event));
  for (let n = 0; !received; n += 1) {
    await post(gateway.url, `${name} ${n}`);
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  return first;
}

/** Returns the messages up to and including the given one. */
async function upTo(events, message) {
  const messages = [];
  while (messages.at(-1) !== message) {
    messages.push((await events.next()).data.activityCreated.node.message);
  }
  return messages;
}

for (const [name, make] of [
  ["graphql-ws", socketClient],
  ["graphql-sse", eventClient],
]) {
  test(`${name}: a subscription resumes after a disconnect without gaps or duplicates`, async () => {
    let client = make(gateway.url);
    let events = inbox();
    client.subscribe({ query: CREATED }, events.sink);
    const first = await firstReceived(events, name);
    const after = first.data.activityCreated.cursor;
    assert.ok(after);
    await client.dispose();
    // Posted while the client is disconnected.
    for (const n of [1, 2, 3]) await post(gateway.url, `${name} missed ${n}`);
    client = make(gateway.url);
    events = inbox();
    client.subscribe({ query: CREATED, variables: { after } }, events.sink);
    const missed = await upTo(events, `${name} missed 3`);
    assert.deepEqual(
      missed.slice(-3),
      [1, 2, 3].map((n) => `${name} missed ${n}`),
    );
    await post(gateway.url, `${name} live`);
    assert.deepEqual(await upTo(events, `${name} live`), [`${name} live`]);
    await client.dispose();
  });
}

test("graphql-ws: the client reconnects after a broken connection and resumes from its last cursor", async () => {
  const sockets = [];
  class Recorded extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
    }
  }
  const client = socketClient(gateway.url, { webSocketImpl: Recorded, retryWait: async () => {} });
  const variables = {};
  const events = inbox();
  client.subscribe({ query: CREATED, variables }, events.sink);
  const first = await firstReceived(events, "broken");
  variables.after = first.data.activityCreated.cursor;
  sockets[0].terminate();
  for (const n of [1, 2, 3]) await post(gateway.url, `broken ${n} again`);
  const received = await upTo(events, "broken 3 again");
  assert.deepEqual(
    received.slice(-3),
    [1, 2, 3].map((n) => `broken ${n} again`),
  );
  assert.equal(new Set(received).size, received.length);
  assert.equal(sockets.length, 2);
  await client.dispose();
});

const links = {
  "over a WebSocket": () => new GraphQLWsLink(socketClient(gateway.url)),
  "in multipart/mixed": () => new HttpLink({ uri: gateway.url }),
  "in Server-Sent Events": () => {
    const client = eventClient(gateway.url);
    return new ApolloLink(
      ({ query, variables, operationName }) =>
        new Observable((sink) =>
          client.subscribe({ query: print(query), variables, operationName }, sink),
        ),
    );
  },
};

for (const [how, link] of Object.entries(links)) {
  test(`Apollo Client: a subscription ${how} resumes after a disconnect`, async () => {
    const client = apolloClient(link());
    let events = inbox();
    const query = gql(CREATED);
    let subscription = client.subscribe({ query }).subscribe(events.sink);
    const first = await firstReceived(events, how);
    const after = first.data.activityCreated.cursor;
    subscription.unsubscribe();
    for (const n of [1, 2]) await post(gateway.url, `${how} missed ${n}`);
    events = inbox();
    subscription = client.subscribe({ query, variables: { after } }).subscribe(events.sink);
    const missed = await upTo(events, `${how} missed 2`);
    assert.deepEqual(
      missed.slice(-2),
      [1, 2].map((n) => `${how} missed ${n}`),
    );
    subscription.unsubscribe();
    client.stop();
  });

  test(`Apollo Client: a rejected subscription ${how} gets its errors`, async () => {
    const client = apolloClient(link());
    const events = inbox();
    const query = gql("subscription { nope }");
    client.subscribe({ query }).subscribe(events.sink);
    const rejected = await events.next().catch((error) => ({ error }));
    assert.equal(rejected.error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    client.stop();
  });
}
