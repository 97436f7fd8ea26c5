// Helpers for the client tests: a gateway over SQLite, and the clients.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApolloClient, InMemoryCache } from "@apollo/client/core";
import { createClient as createEventClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

import { startGateway } from "./gateway.mjs";

// Node 20 has no global WebSocket, and Apollo's link uses it.
globalThis.WebSocket ??= WebSocket;

/** Starts a gateway over a new SQLite file. */
export async function startSqliteGateway() {
  const folder = await mkdtemp(join(tmpdir(), "cruddur-"));
  const gateway = await startGateway({ DATABASE_URL: `sqlite:${join(folder, "cruddur.db")}` });
  return {
    url: `${gateway.url}/graphql`,
    async stop() {
      await gateway.stop();
      await rm(folder, { recursive: true });
    },
  };
}

export const socketClient = (url, options = {}) =>
  createSocketClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, ...options });

export const eventClient = (url) => createEventClient({ url });

export const apolloClient = (link) => new ApolloClient({ link, cache: new InMemoryCache() });

/** Posts a crud. */
export async function post(url, message) {
  const query = `mutation($input: CreateActivityInput!) {
    createActivity(input: $input) { activity { message } userErrors { code } }
  }`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables: { input: { message, ttl: "ONE_DAY" } } }),
  });
  const { data } = await response.json();
  assert.deepEqual(data.createActivity, { activity: { message }, userErrors: [] });
}
