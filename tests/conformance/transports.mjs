// One request over each transport. Each function returns the first response and, over HTTP, its status. It
// fails if `signal` aborts it before there is one.

import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import WebSocket from "ws";

/** Sends a request by POST, with exactly these headers. `body` is JSON. */
async function send(gateway, body, headers, signal) {
  const request = httpRequest(`${gateway.url}/graphql`, { method: "POST", headers, signal });
  request.end(body);
  const [response] = await once(request, "response");
  return { request, response };
}

/** Returns a body's JSON, or an error with its text if it has none. */
function json(body) {
  try {
    return JSON.parse(body);
  } catch {
    return { errors: [{ message: body }] };
  }
}

async function overHttp(gateway, body, { accept, contentType, acceptEncoding, signal } = {}) {
  const headers = {
    accept: accept ?? "application/json",
    "content-type": contentType ?? "application/json",
    ...(acceptEncoding === undefined ? {} : { "accept-encoding": acceptEncoding }),
  };
  const { response } = await send(gateway, body, headers, signal);
  const chunks = await response.toArray();
  const raw = Buffer.concat(chunks);
  const gzipped = response.headers["content-encoding"] === "gzip";
  const content = gzipped ? gunzipSync(raw) : raw;
  return { status: response.statusCode, ...json(content.toString()) };
}

async function overEvents(gateway, body, { signal }) {
  const headers = { accept: "text/event-stream", "content-type": "application/json" };
  const { request, response } = await send(gateway, body, headers, signal);
  if (response.statusCode !== 200) {
    return { status: response.statusCode, ...json(await text(response)) };
  }
  let events = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) {
      events += chunk;
      const data = events.match(/^data: ?(.*)$/m);
      if (data && events.includes("\n\n", data.index)) return JSON.parse(data[1] || "{}");
      if (/^event: ?complete/m.test(events)) return {};
    }
  } finally {
    request.destroy();
  }
  return {};
}

async function overSocket(gateway, body, { signal }) {
  const url = `${gateway.url.replace("http", "ws")}/graphql`;
  const socket = new WebSocket(url, "graphql-transport-ws");
  signal.addEventListener("abort", () => socket.terminate());
  const messages = [];
  let wake;
  socket.on("message", (message) => {
    messages.push(JSON.parse(message));
    wake?.();
  });
  const closed = once(socket, "close");
  const next = async () => {
    while (!messages.length) {
      const arrived = new Promise((resolve) => (wake = resolve));
      const code = await Promise.race([arrived, closed]);
      if (code && !messages.length) throw new Error(`closed with ${code[0]}`);
    }
    return messages.shift();
  };
  try {
    await once(socket, "open");
    socket.send('{"type":"connection_init"}');
    if ((await next()).type !== "connection_ack") throw new Error("no connection_ack");
    socket.send(`{"type":"subscribe","id":"1","payload":${body}}`);
    const { type, payload } = await next();
    if (type === "next") return payload;
    return type === "complete" ? {} : { errors: payload };
  } finally {
    socket.terminate();
  }
}

export const TRANSPORTS = { HTTP: overHttp, SSE: overEvents, WebSocket: overSocket };
