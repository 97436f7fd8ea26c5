// The manifests of GraphQL Code Generator, relay-compiler and Apollo, and what their clients send.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ApolloLink, HttpLink, gql } from "@apollo/client/core";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";

import { apolloClient, socketClient } from "./clients.mjs";
import { startGateway } from "./gateway.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const SCHEMA = join(HERE, "../../schema.graphql");
const HOME = "query Home($first: Int!) { home(first: $first) { nodes { id message } } }";

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "cruddur-"));
  // The tools look for their plugins from the folder that they run in.
  await symlink(join(HERE, "node_modules"), join(folder, "node_modules"));
});
after(() => rm(folder, { recursive: true }));

/** Writes files into a folder of their own, runs a tool there, and returns the folder. */
async function generate(name, files, tool, ...args) {
  const cwd = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, file)), { recursive: true });
    await writeFile(join(cwd, file), text);
  }
  await promisify(execFile)(join(HERE, "node_modules/.bin", tool), args, { cwd });
  return cwd;
}

const readJson = async (file) => JSON.parse(await readFile(file, "utf8"));

/** Runs `use` with the URL of a gateway that executes nothing but the documents of a manifest. */
async function withManifest(file, use) {
  const gateway = await startGateway({
    TRUSTED_DOCUMENTS: "only",
    TRUSTED_DOCUMENTS_FILE: file,
  });
  try {
    const url = `${gateway.url}/graphql`;
    const refused = await post(url, { query: "{ __typename }" });
    assert.equal(refused.errors[0].extensions.code, "PERSISTED_QUERY_NOT_IN_LIST");
    await use(url);
  } finally {
    await gateway.stop();
  }
}

async function post(url, body) {
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const assertHome = ({ data, errors }) =>
  assert.equal(data?.home.nodes.length, 2, JSON.stringify(errors));

test("GraphQL Code Generator: the hashes of its documents", async () => {
  for (const [name, persistedDocuments] of [
    ["prefixed", "true"],
    ["bare", "{ hashAlgorithm: 'sha256' }"],
    ["sha1", "{ hashAlgorithm: 'sha1' }"],
  ]) {
    const cwd = await generate(
      `codegen-${name}`,
      {
        "home.graphql": HOME,
        "codegen.mjs": `export default {
          schema: ${JSON.stringify(SCHEMA)},
          documents: "*.graphql",
          generates: {
            "gen/": { preset: "client", presetConfig: { persistedDocuments: ${persistedDocuments} } },
          },
        };`,
      },
      "graphql-codegen",
      "--config",
      "codegen.mjs",
    );
    const manifest = join(cwd, "gen/persisted-documents.json");
    const [id] = Object.keys(await readJson(manifest));
    const code = await readFile(join(cwd, "gen/graphql.ts"), "utf8");
    assert.ok(code.includes(id), id);
    await withManifest(manifest, async (url) => {
      const variables = { first: 2 };
      assertHome(await post(url, { documentId: id, variables }));
      const persistedQuery = { version: 1, sha256Hash: id };
      assertHome(await post(url, { extensions: { persistedQuery }, variables }));
      const parameters = new URLSearchParams({ documentId: id, variables: '{"first":2}' });
      assertHome(await (await fetch(`${url}?${parameters}`)).json());
      const client = socketClient(url);
      // graphql-ws sends no payload without a `query`.
      for await (const result of client.iterate({ query: "", documentId: id, variables })) {
        assertHome(result);
      }
      await client.dispose();
    });
  }
});

test("relay-compiler: the ids of its documents", async () => {
  for (const algorithm of ["MD5", "SHA256"]) {
    const cwd = await generate(
      `relay-${algorithm}`,
      {
        "src/home.js": `graphql\`${HOME.replace("Home", "homeQuery")}\``,
        "schema.graphql": await readFile(SCHEMA),
        "persisted.json": "{}",
        "relay.config.json": JSON.stringify({
          src: "./src",
          schema: "./schema.graphql",
          language: "javascript",
          eagerEsModules: true,
          persistConfig: { file: "./persisted.json", algorithm },
        }),
      },
      "relay-compiler",
      "relay.config.json",
    );
    const artifact = join(cwd, "src/__generated__/homeQuery.graphql.js");
    await writeFile(artifact.replace(/js$/, "mjs"), await readFile(artifact));
    const { default: request } = await import(pathToFileURL(artifact.replace(/js$/, "mjs")));
    const { id, text } = request.params;
    assert.equal(text, null);
    await withManifest(join(cwd, "persisted.json"), async (url) => {
      // The network layer of Relay's documentation.
      assertHome(await post(url, { doc_id: id, query: text, variables: { first: 2 } }));
      const parameters = new URLSearchParams({ doc_id: id, variables: '{"first":2}' });
      assertHome(await (await fetch(`${url}?${parameters}`)).json());
    });
  }
});

test("Apollo: the ids of its manifest", async () => {
  for (const [name, id] of [
    ["hashed", "createDefaultId()"],
    ["named", "`x-app:${operationName}`"],
  ]) {
    const cwd = await generate(
      `apollo-${name}`,
      {
        "src/home.graphql": HOME,
        "config.cjs": `module.exports = {
          documents: ["src/*.graphql"],
          output: "./manifest.json",
          createOperationId: (query, { operationName, createDefaultId }) => ${id},
        };`,
      },
      "generate-persisted-query-manifest",
      "--config",
      "config.cjs",
    );
    const file = join(cwd, "manifest.json");
    const manifest = await readJson(file);
    assert.equal(manifest.format, "apollo-persisted-query-manifest");
    await withManifest(file, async (url) => {
      const ids = generatePersistedQueryIdsFromManifest({ loadManifest: async () => manifest });
      for (const useGETForHashedQueries of [false, true]) {
        const persisted = new PersistedQueryLink({ ...ids, useGETForHashedQueries });
        const client = apolloClient(ApolloLink.from([persisted, new HttpLink({ uri: url })]));
        assertHome(await client.query({ query: gql(HOME), variables: { first: 2 } }));
      }
      const [{ id: documentId }] = manifest.operations;
      assertHome(await post(url, { documentId, variables: { first: 2 } }));
    });
  }
});
