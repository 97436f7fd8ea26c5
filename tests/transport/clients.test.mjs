// The clients that people use, against the real binary: graphql-ws, graphql-sse and Apollo Client.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { print } from "graphql";
import { createClient as createEventClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import { Observable } from "rxjs";
import WebSocket from "ws";

import { startGateway } from "./gateway.mjs";

// Node 20 has none of its own, and Apollo's link names it.
globalThis.WebSocket ??= WebSocket;

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway.stop());

const url = () => `${gateway.url}/graphql`;
const socketUrl = () => url().replace("http", "ws");

const CREATED = "subscription($after: String) { activityCreated(after: $after) { cursor node { message } } }";

/** Posts a crud. */
async function post(message) {
  const query = `mutation($input: CreateActivityInput!) {
    createActivity(input: $input) { activity { message } userErrors { code } }
  }`;
  const variables = { input: { message, ttl: "ONE_DAY" } };
  const response = await fetch(url(), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data } = await response.json();
  assert.deepEqual(data.createActivity, { activity: { message }, userErrors: [] });
}

/** What comes out of a subscription, to be awaited one by one. */
function inbox() {
  const waiting = [];
  const come = [];
  const put = (settle) => (value) => {
    const next = waiting.shift();
    if (next) next[settle](value);
    else come.push([settle, value]);
  };
  return {
    sink: {
      next: put("resolve"),
      error: put("reject"),
      complete: () => put("resolve")(undefined),
    },
    next: () =>
      new Promise((resolve, reject) => {
        const first = come.shift();
        if (!first) waiting.push({ resolve, reject });
        else if (first[0] === "resolve") resolve(first[1]);
        else reject(first[1]);
      }),
  };
}

/** Posts until a subscription that begins with the present hears one, and tells which. */
async function firstHeard(events, name) {
  let heard;
  const first = events.next().then((event) => (heard = event));
  for (let n = 0; !heard; n += 1) {
    await post(`${name} ${n}`);
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
  return first;
}

/** The messages up to and including the one that is waited for. */
async function upTo(events, message) {
  const messages = [];
  while (messages.at(-1) !== message) {
    messages.push((await events.next()).data.activityCreated.node.message);
  }
  return messages;
}

const socketClient = (options = {}) =>
  createSocketClient({ url: socketUrl(), webSocketImpl: WebSocket, ...options });
const eventClient = () => createEventClient({ url: url() });

for (const [name, make] of [
  ["graphql-ws", socketClient],
  ["graphql-sse", eventClient],
]) {
  test(`${name}: a query, a mutation and errors`, async () => {
    const client = make();
    const ask = (request) => client.iterate(request).next();
    const { value } = await ask({ query: "{ __typename }" });
    assert.deepEqual(value, { data: { __typename: "Query" } });
    const mutation = `mutation { createActivity(input: { message: "By ${name}", ttl: ONE_DAY }) { activity { message } } }`;
    const created = await ask({ query: mutation });
    assert.equal(created.value.data.createActivity.activity.message, `By ${name}`);
    const field = await ask({ query: "{ home(first: 0) { __typename } }" });
    assert.equal(field.value.errors[0].extensions.code, "BAD_USER_INPUT");
    assert.ok("data" in field.value);
    const refused = await ask({ query: "{ nope }" }).catch((errors) => ({ value: { errors } }));
    assert.equal(refused.value.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    await client.dispose();
  });

  test(`${name}: a subscription that is cut resumes without gap and without doubles`, async () => {
    let client = make();
    let events = inbox();
    client.subscribe({ query: CREATED }, events.sink);
    const first = await firstHeard(events, name);
    const after = first.data.activityCreated.cursor;
    assert.ok(after);
    await client.dispose();
    // Missed, in this order.
    for (const n of [1, 2, 3]) await post(`${name} missed ${n}`);
    client = make();
    events = inbox();
    client.subscribe({ query: CREATED, variables: { after } }, events.sink);
    const missed = await upTo(events, `${name} missed 3`);
    assert.deepEqual(missed.slice(-3), [1, 2, 3].map((n) => `${name} missed ${n}`));
    await post(`${name} live`);
    assert.deepEqual(await upTo(events, `${name} live`), [`${name} live`]);
    await client.dispose();
  });
}

test("graphql-ws: a broken connection is made anew by the client, which asks from its last cursor", async () => {
  const sockets = [];
  class Recorded extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets.push(this);
    }
  }
  const client = socketClient({ webSocketImpl: Recorded, retryWait: async () => {} });
  const variables = {};
  const events = inbox();
  client.subscribe({ query: CREATED, variables }, events.sink);
  const first = await firstHeard(events, "broken");
  variables.after = first.data.activityCreated.cursor;
  sockets[0].terminate();
  for (const n of [1, 2, 3]) await post(`broken ${n} again`);
  const heard = await upTo(events, "broken 3 again");
  assert.deepEqual(heard.slice(-3), [1, 2, 3].map((n) => `broken ${n} again`));
  assert.equal(new Set(heard).size, heard.length);
  assert.equal(sockets.length, 2);
  await client.dispose();
});

test("graphql-ws: the legacy protocol is refused with 4406", async () => {
  const socket = new WebSocket(socketUrl(), "graphql-ws");
  const code = await new Promise((resolve, reject) => {
    socket.on("close", resolve);
    socket.on("error", reject);
  });
  assert.equal(code, 4406);
});

const apollo = (link) => new ApolloClient({ link, cache: new InMemoryCache() });

test("Apollo Client: a query by POST and by GET", async () => {
  for (const useGETForQueries of [false, true]) {
    const client = apollo(new HttpLink({ uri: url(), useGETForQueries }));
    const { data } = await client.query({ query: gql`{ home(first: 1) { nodes { message } } }` });
    assert.equal(typeof data.home.nodes[0].message, "string");
    client.stop();
  }
});

test("Apollo Client: a persisted query by POST and by GET", async () => {
  for (const [first, useGETForHashedQueries] of [
    [1, false],
    [2, true],
  ]) {
    const bodies = [];
    const counted = (uri, options) => {
      bodies.push([options.method, options.body ?? new URL(uri).search]);
      return fetch(uri, options);
    };
    const sha256 = (text) => createHash("sha256").update(text).digest("hex");
    const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries });
    const http = new HttpLink({ uri: url(), fetch: counted });
    const client = apollo(ApolloLink.from([persisted, http]));
    const query = gql(`query Persisted { home(first: ${first}) { nodes { id } } }`);
    for (let n = 0; n < 2; n += 1) {
      const { data } = await client.query({ query, fetchPolicy: "no-cache" });
      assert.equal(data.home.nodes.length, first);
    }
    // The hash alone is unknown once; then the document comes with it; then the hash is enough.
    const withText = bodies.map(([, body]) => body.includes("Persisted {") || body.includes("Persisted+%7B"));
    assert.equal(bodies.length, 3);
    assert.deepEqual(withText, [false, true, false]);
    assert.equal(bodies[2][0], useGETForHashedQueries ? "GET" : "POST");
    client.stop();
  }
});

const links = {
  "over a WebSocket": () => new GraphQLWsLink(socketClient()),
  "in multipart/mixed": () => new HttpLink({ uri: url() }),
  "in Server-Sent Events": () => {
    const client = eventClient();
    return new ApolloLink(
      ({ query, variables, operationName }) =>
        new Observable((sink) =>
          client.subscribe({ query: print(query), variables, operationName }, sink),
        ),
    );
  },
};

for (const [how, link] of Object.entries(links)) {
  test(`Apollo Client: a subscription ${how}, cut and resumed`, async () => {
    const client = apollo(link());
    let events = inbox();
    const query = gql(CREATED);
    let subscription = client.subscribe({ query }).subscribe(events.sink);
    const first = await firstHeard(events, how);
    const after = first.data.activityCreated.cursor;
    subscription.unsubscribe();
    for (const n of [1, 2]) await post(`${how} missed ${n}`);
    events = inbox();
    subscription = client.subscribe({ query, variables: { after } }).subscribe(events.sink);
    const missed = await upTo(events, `${how} missed 2`);
    assert.deepEqual(missed.slice(-2), [1, 2].map((n) => `${how} missed ${n}`));
    subscription.unsubscribe();
    client.stop();
  });

  test(`Apollo Client: a subscription that is refused ${how}`, async () => {
    const client = apollo(link());
    const events = inbox();
    const query = gql("subscription { nope }");
    client.subscribe({ query }).subscribe(events.sink);
    const told = await events.next().catch((error) => ({ error }));
    assert.equal(told.error.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    client.stop();
  });
}
