// Memory per subscribed socket. `SOCKETS` sets how many to open; many of them need a higher limit of
// open files: `ulimit -n 20000; SOCKETS=5000 npm test -- memory.test.mjs`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import WebSocket from "ws";

import { startGateway } from "./gateway.mjs";

const SOCKETS = Number(process.env.SOCKETS ?? 1500);
const MAX_BYTES = 20_000;

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway.stop());

/** Returns the gateway's resident memory in bytes. */
async function resident() {
  const status = await readFile(`/proc/${gateway.pid}/status`, "utf8");
  return Number(status.match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function subscribed() {
  const url = `${gateway.url.replace("http", "ws")}/graphql`;
  const socket = new WebSocket(url, "graphql-transport-ws", { perMessageDeflate: false });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init" }));
  await once(socket, "message");
  const payload = {
    query: process.env.QUERY ?? "subscription { activityCreated { cursor node { message } } }",
  };
  socket.send(JSON.stringify({ type: "subscribe", id: "1", payload }));
  socket.send(JSON.stringify({ type: "ping" }));
  // The pong comes after any message of the subscription.
  const [answer] = await once(socket, "message");
  assert.equal(JSON.parse(answer).type, process.env.QUERY ? "next" : "pong");
  return socket;
}

async function subscribe(count) {
  const sockets = [];
  while (sockets.length < count) {
    const some = Math.min(50, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, subscribed))));
  }
  return sockets;
}

test("an idle subscribed socket takes at most 20 kB", async (t) => {
  // Excludes memory that the gateway allocates once. The allocator takes memory in steps of 2 MB, which
  // many sockets share.
  const first = await subscribe(100);
  await pause(500);
  const before = await resident();
  const sockets = await subscribe(SOCKETS);
  await pause(500);
  const each = Math.round(((await resident()) - before) / SOCKETS);
  t.diagnostic(`${SOCKETS} sockets, ${each} bytes each`);
  assert.ok(each <= MAX_BYTES, `${each} bytes`);
  for (const socket of [...first, ...sockets]) socket.terminate();
});
