// The gateway's memory. `SOCKETS` sets how many sockets to open; many of them need a higher limit of
// open files: `ulimit -n 20000; SOCKETS=5000 npm test -- memory.test.mjs`. `DOCUMENTS` sets how many
// different documents to send.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import WebSocket from "ws";

import { startGateway } from "./gateway.mjs";

const SOCKETS = Number(process.env.SOCKETS ?? 1500);
const MAX_BYTES = 20_000;
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 300);
const MB = 1024 * 1024;

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway.stop());

/** Returns a gateway's resident memory in bytes. */
async function resident(gateway) {
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
  const before = await resident(gateway);
  const sockets = await subscribe(SOCKETS);
  await pause(500);
  const each = Math.round(((await resident(gateway)) - before) / SOCKETS);
  t.diagnostic(`${SOCKETS} sockets, ${each} bytes each`);
  assert.ok(each <= MAX_BYTES, `${each} bytes`);
  for (const socket of [...first, ...sockets]) socket.terminate();
});

/** Starts a gateway whose clients without a token are anonymous, and without rate limits. */
async function startGatewayWithProvider() {
  const folder = await mkdtemp(join(tmpdir(), "cruddur-"));
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...publicKey.export({ format: "jwk" }), kid: "1", alg: "ES256", use: "sig" };
  await writeFile(join(folder, "jwks.json"), JSON.stringify({ keys: [key] }));
  const gateway = await startGateway({
    JWKS_URL: join(folder, "jwks.json"),
    JWT_ISSUER: "https://issuer.example",
    JWT_AUDIENCE: "cruddur",
    ADDRESS_RATE: "off",
  });
  return {
    ...gateway,
    async stop() {
      await gateway.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Returns a valid document of 6 kB that takes 250 kB in memory when it is parsed. */
const nested = (number) =>
  `{${`${"...{".repeat(28)}__typename${"}".repeat(28)}`.repeat(43)}}#${number}`;

/** Returns a small document whose answer is kept with it. */
const introspection = (number) => {
  const type = "name kind ofType { name kind }";
  const args = `args { name description type { ${type} } }`;
  const fields = `fields { name description ${args} type { ${type} } }`;
  const types = ["a", "b", "c"].map((alias) => `${alias}: types { name kind ${fields} }`);
  return `{ __schema { ${types.join(" ")} } } #${number}`;
};

/** Returns a document with a comment of 80 kB. */
const commented = (number) => `{ __typename } #${number}${"x".repeat(80_000)}`;

async function send(gateway, request) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  return response.json();
}

/** Sends each of many different documents, a few at a time. Returns the gateway's memory then. */
async function sendDocuments(gateway, documentOf, requestsOf) {
  let next = 0;
  const sender = async () => {
    while (next < DOCUMENTS) {
      const query = documentOf(next++);
      const sha256Hash = createHash("sha256").update(query).digest("hex");
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      for (const request of requestsOf({ query, extensions })) {
        const { data, errors } = await send(gateway, request);
        if (request.query) assert.ok(data.__typename || data.__schema);
        else assert.equal(errors[0].message, "PersistedQueryNotFound");
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, sender));
  return resident(gateway);
}

for (const [name, documentOf, requestsOf, maxGrowth] of [
  ["sent once leave no memory", nested, ({ query }) => [{ query }], 10 * MB],
  ["sent once with their hash leave no memory", nested, (request) => [request], 10 * MB],
  // The answers are made as trees of several megabytes, whose memory the allocator keeps.
  ["sent twice are kept in 32 MB", introspection, ({ query }) => [{ query }, { query }], 76 * MB],
  [
    "that are registered are kept in 48 MB",
    commented,
    ({ query, extensions }) => [{ extensions }, { query, extensions }, { query, extensions }],
    64 * MB,
  ],
]) {
  test(`different documents ${name}`, async (t) => {
    const gateway = await startGatewayWithProvider();
    try {
      // Excludes memory that the gateway allocates once.
      await send(gateway, { query: documentOf("first") });
      const before = await resident(gateway);
      const growth = (await sendDocuments(gateway, documentOf, requestsOf)) - before;
      const mb = (bytes) => `${(bytes / MB).toFixed(1)} MB`;
      t.diagnostic(`${DOCUMENTS} documents: from ${mb(before)} by ${mb(growth)}`);
      assert.ok(growth <= maxGrowth, mb(growth));
    } finally {
      await gateway.stop();
    }
  });
}

test("a body of a million values takes no memory", async (t) => {
  const gateway = await startGatewayWithProvider();
  try {
    const before = await resident(gateway);
    const variables = { list: Array(500_000).fill(1) };
    const requests = Array.from({ length: 16 }, () =>
      send(gateway, { query: "{ __typename }", variables }),
    );
    for (const { errors } of await Promise.all(requests)) {
      assert.equal(errors[0].extensions.code, "BAD_REQUEST");
    }
    const growth = (await resident(gateway)) - before;
    t.diagnostic(`${(growth / MB).toFixed(1)} MB`);
    assert.ok(growth <= 48 * MB, `${growth} bytes`);
  } finally {
    await gateway.stop();
  }
});
