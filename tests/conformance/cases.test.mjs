// Requests with their right responses, on every transport. A case in `cases/` has these parts:
//
//   query, operationName, variables   the request; `$m` in it stands for a text that no other case has
//   rawVariables                      variables as a JSON text, for numbers that JavaScript does not write
//   accept, contentType, acceptEncoding   headers; such a case is tried over HTTP only
//   times                             how many times to try, if chance may decide
//   cpuMs                             the CPU time that a release build may take
//   expect                            one of the keys of `EXPECT` below

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";

import { startGateway } from "../clients/gateway.mjs";
import { TRANSPORTS } from "./transports.mjs";

// How much slower a debug build is, which `make test` tries.
const DEBUG_FACTOR = 15;

// The dearest documents need seconds in a debug build. What is refused is refused at once; a subscription
// that is wrongly accepted would wait for events.
const PATIENCE_MS = 60_000;
const REFUSAL_MS = 5_000;

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway.stop());

const { HTTP, ...STREAMS } = TRANSPORTS;

/** Returns a value with the case's own text in place of `$m`. */
const marked = (value, mark) => JSON.parse(JSON.stringify(value).replaceAll("$m", mark));

/** Returns the values at a path such as `home.nodes.id`; lists on the way are flattened. */
const valuesAt = (json, path) =>
  path.split(".").reduce((values, key) => values.flatMap((value) => value?.[key]), [json]);

const succeeded = ({ data, errors }) => {
  assert.equal(errors, undefined);
  assert.ok(data);
};

/** Returns how many cruds with this text exist. */
async function created(mark) {
  const query = '{ user(handle: "andrewbrown") { activities(first: 100) { nodes { message } } } }';
  const { data } = await HTTP(gateway, JSON.stringify({ query }));
  return data.user.activities.nodes.filter(({ message }) => message.includes(mark)).length;
}

/** The checks of a response, by the key in a case's `expect`. */
const EXPECT = {
  // A request error: nothing is executed.
  refused({ data, errors, status }) {
    assert.equal(data, undefined);
    assert.ok(errors?.length, "neither data nor errors");
    assert.ok(status === undefined || status === 200 || status === 400, `status ${status}`);
  },
  ok: (answer) => succeeded(answer),
  data(answer, expected) {
    succeeded(answer);
    assert.deepEqual(answer.data, expected);
  },
  // Data with errors.
  partial({ data, errors }, expected) {
    assert.ok(errors?.length);
    assert.deepEqual(data, expected);
  },
  // An error of whichever kind, but no success.
  failed({ data, errors }) {
    assert.ok(errors?.length);
    assert.ok(!data);
  },
  // Succeeds or is refused, within its CPU time.
  either: ({ data, errors }) => assert.ok(data || errors?.length),
  matches(answer, [path, pattern]) {
    succeeded(answer);
    assert.match(valuesAt(answer.data, path)[0], new RegExp(pattern));
  },
  same(answer, pairs) {
    succeeded(answer);
    for (const [one, other] of pairs) {
      const values = valuesAt(answer.data, one);
      assert.ok(values.length, `nothing at ${one}`);
      assert.deepEqual(values, valuesAt(answer.data, other));
    }
  },
  // The first event of a subscription after a crud with the text `$m`.
  event(answer, expected) {
    succeeded(answer);
    assert.deepEqual(answer.data, expected);
  },
  // How many cruds exist afterwards.
  async created(answer, expected, mark) {
    succeeded(answer);
    assert.equal(await created(mark), expected);
  },
  // One crud exists afterwards if the request succeeded, and none otherwise.
  async createdIfOk({ status }, expected, mark) {
    assert.equal(await created(mark), status === 200 ? 1 : 0);
  },
};

/** Posts cruds until the subscription has its event. */
async function postUntil(answer, mark) {
  let waiting = true;
  const settled = answer.finally(() => (waiting = false)).catch(() => {});
  const query = `mutation { createActivity(input: {message: "${mark}", ttl: ONE_HOUR}) { activity { id } } }`;
  while (waiting) {
    await HTTP(gateway, JSON.stringify({ query }));
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
}

/** Returns the gateway's CPU time in milliseconds. */
function cpuMs() {
  const fields = readFileSync(`/proc/${gateway.pid}/stat`, "utf8").split(") ")[1].split(" ");
  // In hundredths of a second: user and system time.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function tryOnce(send, { query, operationName, variables, rawVariables, expect, ...more }) {
  const mark = `c${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  let body = JSON.stringify(marked({ query, operationName, variables }, mark));
  if (rawVariables) body = `${body.slice(0, -1)},"variables":${rawVariables}}`;
  const before = cpuMs();
  const signal = AbortSignal.timeout(expect.refused ? REFUSAL_MS : PATIENCE_MS);
  const answer = send(gateway, body, { ...more, signal });
  if (expect.event) await postUntil(answer, mark);
  const received = await answer;
  const used = cpuMs() - before;
  const [[key, expected]] = Object.entries(expect);
  try {
    await EXPECT[key](received, marked(expected, mark), mark);
  } catch (error) {
    error.message += `\n${JSON.stringify(received).slice(0, 500)}`;
    throw error;
  }
  if (more.cpuMs) assert.ok(used <= more.cpuMs * DEBUG_FACTOR, `${used} ms of CPU time`);
}

const folder = new URL("cases/", import.meta.url);
const cases = readdirSync(folder).flatMap((file) =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")).map((one) => ({ ...one, file })),
);

test("every case is tried", () => {
  assert.ok(cases.length >= 440, `${cases.length} cases`);
  for (const { name, query, expect } of cases) {
    const keys = Object.keys(expect);
    assert.ok(typeof query === "string" && keys.length === 1 && EXPECT[keys[0]], name);
  }
});

for (const one of cases) {
  const alone = one.accept ?? one.contentType ?? one.acceptEncoding;
  // A subscription cannot succeed without a stream.
  const transports = one.expect.event ? STREAMS : alone ? { HTTP } : TRANSPORTS;
  test(`${one.file}: ${one.name}`, async () => {
    for (const [transport, send] of Object.entries(transports)) {
      for (let left = one.times ?? 1; left > 0; left -= 1) {
        await tryOnce(send, one).catch((error) => {
          error.message = `${transport}: ${error.message}`;
          throw error;
        });
      }
    }
  });
}
