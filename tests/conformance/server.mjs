// The gateway under test, and requests to it.

import { startGateway } from "../clients/gateway.mjs";

// As high as each setting goes, so that no generated document is refused for its size.
const NO_LIMITS = {
  MAX_BYTES: "1000000",
  MAX_TOKENS: "100000",
  MAX_ALIASES: "10000",
  MAX_DIRECTIVES: "10000",
  MAX_DEPTH: "100",
  MAX_SELECTIONS: "1000000",
  MAX_NODES: "1000000",
  MAX_FIELDS: "10000000",
  VIEWER_RATE: "off",
  ADDRESS_RATE: "off",
};

// A document that takes longer than this is a fault of the gateway, also in a debug build.
const PATIENCE_MS = 20_000;

/** Starts a gateway that limits neither the size nor the rate of documents. */
export const startUnlimited = (env = {}) => startGateway({ ...NO_LIMITS, ...env });

/** Posts a JSON text to /graphql and returns the status and the body's text. */
export async function postJson(gateway, body, headers = {}) {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json",
      ...headers,
    },
    body,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return { status: response.status, text: await response.text() };
}

/** Posts a document and returns the response's JSON. Fails if it has errors. */
export async function read(gateway, query) {
  const { text } = await postJson(gateway, JSON.stringify({ query }));
  const { data, errors } = JSON.parse(text);
  if (errors) throw new Error(`${query}: ${text}`);
  return data;
}

/** Runs `work` on the numbers from 0 to below `count`, at most `width` at once. */
export async function concurrently(count, width, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}
