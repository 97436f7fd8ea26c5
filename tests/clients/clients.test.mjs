// graphql-ws, graphql-sse and Apollo Client against the real binary.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { ApolloLink, HttpLink, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import WebSocket from "ws";

import { apolloClient, eventClient, socketClient, startSqliteGateway } from "./clients.mjs";

let gateway;
before(async () => (gateway = await startSqliteGateway()));
after(() => gateway.stop());

for (const [name, make] of [
  ["graphql-ws", socketClient],
  ["graphql-sse", eventClient],
]) {
  test(`${name} runs queries and mutations and receives errors`, async () => {
    const client = make(gateway.url);
    const execute = (request) => client.iterate(request).next();
    const { value } = await execute({ query: "{ __typename }" });
    assert.deepEqual(value, { data: { __typename: "Query" } });
    const mutation = `mutation { createActivity(input: { message: "By ${name}", ttl: ONE_DAY }) { activity { message } } }`;
    const created = await execute({ query: mutation });
    assert.equal(created.value.data.createActivity.activity.message, `By ${name}`);
    const field = await execute({ query: "{ home(first: 0) { __typename } }" });
    assert.equal(field.value.errors[0].extensions.code, "BAD_USER_INPUT");
    assert.ok("data" in field.value);
    const rejected = await execute({ query: "{ nope }" }).catch((errors) => ({ value: { errors } }));
    assert.equal(rejected.value.errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
    await client.dispose();
  });
}

test("graphql-ws: the legacy protocol is closed with 4406", async () => {
  const socket = new WebSocket(gateway.url.replace("http", "ws"), "graphql-ws");
  const code = await new Promise((resolve, reject) => {
    socket.on("close", resolve);
    socket.on("error", reject);
  });
  assert.equal(code, 4406);
});

test("graphql-ws: shutdown closes sockets with 1001", async () => {
  const stopping = await startSqliteGateway();
  const closed = new Promise((resolve) => {
    socketClient(stopping.url, {
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
      on: { connected: () => stopping.stop(), closed: resolve },
    });
  });
  assert.equal((await closed).code, 1001);
});

test("Apollo Client: queries work over POST and GET", async () => {
  for (const useGETForQueries of [false, true]) {
    const client = apolloClient(new HttpLink({ uri: gateway.url, useGETForQueries }));
    const { data } = await client.query({
      query: gql`
        {
          home(first: 1) {
            nodes {
              message
            }
          }
        }
      `,
    });
    assert.equal(typeof data.home.nodes[0].message, "string");
    client.stop();
  }
});

test("Apollo Client: persisted queries work over POST and GET", async () => {
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
    const http = new HttpLink({ uri: gateway.url, fetch: counted });
    const client = apolloClient(ApolloLink.from([persisted, http]));
    const query = gql(`query Persisted { home(first: ${first}) { nodes { id } } }`);
    for (let n = 0; n < 2; n += 1) {
      const { data } = await client.query({ query, fetchPolicy: "no-cache" });
      assert.equal(data.home.nodes.length, first);
    }
    // First the hash alone, which is unknown; then hash and document; from then on the hash suffices.
    const withText = bodies.map(
      ([, body]) => body.includes("Persisted {") || body.includes("Persisted+%7B"),
    );
    assert.equal(bodies.length, 3);
    assert.deepEqual(withText, [false, true, false]);
    assert.equal(bodies[2][0], useGETForHashedQueries ? "GET" : "POST");
    client.stop();
  }
});
