// The gateway and graphql-js accept the same documents and refuse the same ones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Kind, print } from "graphql";

import { DIFFERENCES } from "./differences.mjs";
import { randomDocument } from "./documents.mjs";
import { mutant } from "./mutants.mjs";
import { Random } from "./random.mjs";
import { inputType, judge, parsed } from "./reference.mjs";
import { concurrently, postJson, startUnlimited } from "./server.mjs";
import { joined, tokensOf } from "./tokens.mjs";
import { DEFAULT_POOLS, doubtfulJson, randomJson } from "./values.mjs";

// `SEED` and `DOCUMENTS` repeat one document: `SEED=4711 DOCUMENTS=1 npm test -- differential.test.mjs`.
const FIRST_SEED = Number(process.env.SEED ?? 0);
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 5000);
const AT_ONCE = 8;
const KINDS = ["query", "query", "query", "query", "mutation", "subscription"];

let gateway;
before(async () => (gateway = await startUnlimited()));
after(() => gateway.stop());

/** Returns the request of a seed. Those of odd seeds have a changed document. */
function requestOf(seed) {
  const random = new Random(seed);
  const { document, operationName, values } = randomDocument(random, { kinds: KINDS });
  if (seed % 2) return changed(random, document);
  const query = print(document);
  return {
    query: random.chance(0.3) ? joined(random, tokensOf(query)) : query,
    operationName,
    variables: random.chance(0.3) ? doubtful(random, document, operationName, values) : values,
  };
}

/** Returns the values of an operation's variables with some that its types may not allow. */
function doubtful(random, document, operationName, values) {
  const operation = document.definitions.find(
    ({ kind, name }) => kind === Kind.OPERATION_DEFINITION && name?.value === operationName,
  );
  const made = { ...values };
  for (const definition of operation.variableDefinitions) {
    const { value: name } = definition.variable.name;
    if (random.chance(0.15)) delete made[name];
    else if (random.chance(0.3))
      made[name] = doubtfulJson(random, inputType(definition), DEFAULT_POOLS, name);
  }
  if (random.chance(0.1)) made.undeclared = 1;
  return made;
}

/** Returns the request of a changed document, with valid values where it still has variables. */
function changed(random, document) {
  const query = mutant(random, document);
  const operation = parsed(query)?.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const variables = {};
  for (const definition of operation?.variableDefinitions ?? []) {
    const type = inputType(definition);
    if (type) variables[definition.variable.name.value] = randomJson(random, type, DEFAULT_POOLS, "");
  }
  return { query, operationName: operation?.name?.value, variables };
}

/** Returns whether the gateway accepts a request: it is executed, or is a subscription for a stream. */
async function ask(request) {
  const { status, text } = await postJson(gateway, JSON.stringify(request));
  if (status === 406) return { accepted: true, status, text };
  const { data, errors } = JSON.parse(text);
  if (data !== undefined) return { accepted: true, status, text };
  assert.ok(errors?.length, `neither data nor errors: ${status} ${text}`);
  // Everything else is a failure of the gateway, or a limit that this test does not expect.
  assert.equal(status, 400, text);
  return { accepted: false, status, text };
}

test(`${DOCUMENTS} documents are accepted and refused as by graphql-js`, async (t) => {
  const counts = new Map();
  const count = (what) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const unexplained = [];
  await concurrently(DOCUMENTS, AT_ONCE, async (index) => {
    const seed = FIRST_SEED + index;
    const request = requestOf(seed);
    const reference = judge(request);
    const answer = await ask(request).catch((error) => ({ accepted: undefined, text: error.message }));
    if (answer.accepted === reference.accepted) {
      count(answer.accepted ? "accepted by both" : "refused by both");
      return;
    }
    const kind = DIFFERENCES.find(({ explains }) => explains({ request, reference, gateway: answer }));
    if (kind) count(kind.name);
    else unexplained.push({ seed, request, reference, answer });
  });
  const summary = [...counts].map(([what, times]) => `${times} ${what}`).join(", ");
  t.diagnostic(`${DOCUMENTS} documents: ${summary}, ${unexplained.length} unexplained differences`);
  unexplained.sort((one, other) => one.seed - other.seed);
  for (const { seed, request, reference, answer } of unexplained.slice(0, 10)) {
    t.diagnostic(`seed ${seed}: ${JSON.stringify(request.variables)}\n${request.query}`);
    t.diagnostic(`  graphql-js: ${reference.accepted ? "accepted" : `refused: ${reference.reason}`}`);
    t.diagnostic(`  gateway:    ${answer.accepted ? "accepted" : "refused"}: ${answer.text.slice(0, 300)}`);
  }
  assert.equal(unexplained.length, 0, `${unexplained.length} unexplained differences`);
});

test("there are at most five kinds of differences", () => assert.ok(DIFFERENCES.length <= 5));
