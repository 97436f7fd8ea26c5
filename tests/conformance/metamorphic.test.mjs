// A query and its equivalents have the same answer on every store: the same data with its keys in the same
// order, and the same errors.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { print } from "graphql";

import { randomDocument } from "./documents.mjs";
import { Random } from "./random.mjs";
import { concurrently, postJson, read, startUnlimited } from "./server.mjs";
import { conditioned, doubled, inlined, literals, split } from "./transforms.mjs";

// `SEED` and `DOCUMENTS` repeat one document: `SEED=4711 DOCUMENTS=1 npm test -- metamorphic.test.mjs`.
const FIRST_SEED = Number(process.env.SEED ?? 0);
const DOCUMENTS = Number(process.env.DOCUMENTS ?? 2000);
const AT_ONCE = 8;

const folder = await mkdtemp(join(tmpdir(), "cruddur-"));
after(() => rm(folder, { recursive: true }));

/** The database URLs by store. Nothing else uses the PostgreSQL server of `scripts/with-postgres`. */
const STORES = {
  memory: "mock:",
  SQLite: `sqlite:${join(folder, "cruddur.db")}`,
  PostgreSQL: process.env.TEST_POSTGRES_URL,
};

/** Returns values that queries can ask this store for. */
async function poolsOf(gateway) {
  const { home, viewer } = await read(
    gateway,
    `{
      home(first: 9) { edges { cursor node { id author { id } replies(first: 1) { nodes { id } } } } }
      viewer {
        notifications(first: 3) { nodes { id } }
        messageGroups(first: 3) { nodes { id lastMessage { id } } }
      }
    }`,
  );
  const activities = home.edges.flatMap(({ node }) => [
    node.id,
    node.author.id,
    ...node.replies.nodes.map(({ id }) => id),
  ]);
  const groups = viewer.messageGroups.nodes.flatMap(({ id, lastMessage }) => [id, lastMessage.id]);
  return {
    handles: ["andrewbrown", "@worf", "londo", "bayko", "coco", "unknown"],
    ids: [
      ...new Set([...activities, ...groups, ...viewer.notifications.nodes.map(({ id }) => id), "unknown"]),
    ],
    cursors: home.edges.map(({ cursor }) => cursor),
  };
}

/** An answer in a form to compare: the data as JSON, and each error's code and path, sorted. */
async function answer(gateway, document, variables) {
  const { text } = await postJson(gateway, JSON.stringify({ query: print(document), variables }));
  const { data, errors = [] } = JSON.parse(text);
  const codes = errors.map(({ extensions, path }) => `${extensions.code} at ${JSON.stringify(path)}`);
  return { data: JSON.stringify(data), errors: codes.sort() };
}

/** Returns the answer that the answers to the parts of a query make together. */
function together(parts) {
  const errors = parts.flatMap((part) => part.errors).sort();
  // A part that is refused has no data, not even null.
  if (parts.some(({ data }) => data === undefined)) return { data: undefined, errors };
  // An error of a root field that cannot be null leaves no data at all.
  if (parts.some(({ data }) => data === "null")) return { data: "null", errors };
  const data = parts.map((part) => JSON.parse(part.data));
  return { data: JSON.stringify(Object.assign({}, ...data)), errors };
}

/** The equivalents of a query, by name. Each returns an answer. */
const EQUIVALENTS = {
  again: ({ ask, document, variables }) => ask(document, variables),
  inlined: ({ ask, document, variables }) => ask(inlined(document), variables),
  doubled: ({ ask, document, variables, random }) => ask(doubled(document, random), variables),
  conditioned({ ask, document, variables, random }) {
    const changed = conditioned(document, variables, random);
    return ask(changed.document, changed.variables);
  },
  literals: ({ ask, document, variables }) => ask(literals(document, variables), {}),
  async split({ ask, document, variables }) {
    const parts = [];
    for (const part of split(document)) parts.push(await ask(part, variables));
    return together(parts);
  },
};

/**
 * Returns whether two answers are equal. If one root field leaves no data, the errors of the others may or may
 * not be reported, so the whole needs only some of the parts' errors.
 */
function equal(name, whole, other) {
  if (whole.data !== other.data) return false;
  if (name === "split" && whole.data === "null") {
    return whole.errors.length > 0 && whole.errors.every((error) => other.errors.includes(error));
  }
  return JSON.stringify(whole.errors) === JSON.stringify(other.errors);
}

const stores = Object.entries(STORES);
for (const [index, [store, url]] of stores.entries()) {
  const count = Math.ceil((DOCUMENTS - index) / stores.length);
  test(`${count} queries and their equivalents have the same answers on ${store}`, async (t) => {
    assert.ok(url, "set TEST_POSTGRES_URL, or run this by scripts/with-postgres");
    const gateway = await startUnlimited({ DATABASE_URL: url });
    t.after(() => gateway.stop());
    const pools = await poolsOf(gateway);
    const ask = (document, variables) => answer(gateway, document, variables);
    const different = [];
    const seen = { data: 0, "data and errors": 0, "no data": 0 };
    await concurrently(count, AT_ONCE, async (number) => {
      const seed = FIRST_SEED + number * stores.length + index;
      const random = new Random(seed);
      const { document, values: variables } = randomDocument(random, { single: true, pools, depth: 3 });
      const whole = await ask(document, variables);
      if (whole.data === undefined) {
        different.push({ seed, name: "refused", document, variables, whole, other: { errors: [] } });
        return;
      }
      seen[whole.data === "null" ? "no data" : whole.errors.length ? "data and errors" : "data"] += 1;
      for (const [name, change] of Object.entries(EQUIVALENTS)) {
        const other = await change({ ask, document, variables, random });
        if (!equal(name, whole, other)) different.push({ seed, name, document, variables, whole, other });
      }
    });
    const kinds = Object.keys(EQUIVALENTS).map((name) => {
      const times = different.filter((difference) => difference.name === name).length;
      return `${times} ${name}`;
    });
    const summary = Object.entries(seen).map(([what, times]) => `${times} with ${what}`);
    t.diagnostic(`${store}: ${count} queries, ${summary.join(", ")}; different: ${kinds.join(", ")}`);
    different.sort((one, other) => one.seed - other.seed);
    for (const { seed, name, document, variables, whole, other } of different.slice(0, 5)) {
      t.diagnostic(`seed ${seed}, ${name}: ${JSON.stringify(variables)}\n${print(document)}`);
      t.diagnostic(`  the query: ${whole.data} ${whole.errors}`);
      t.diagnostic(`  ${name}: ${other.data} ${other.errors}`);
    }
    assert.equal(different.length, 0, `${different.length} differences`);
    // Most queries must find something, or the test compares nothing.
    assert.ok(
      seen.data > count / 2 || count < 50,
      `${seen.data} of ${count} queries have data without errors`,
    );
  });
}
