// The audits of graphql-http, which check a server against the GraphQL-over-HTTP specification.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serverAudits } from "graphql-http";

import { startGateway } from "./gateway.mjs";

let gateway;
before(async () => (gateway = await startGateway()));
after(() => gateway.stop());

const audits = serverAudits({ url: () => `${gateway.url}/graphql` });

test("there are 61 audits", () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, "ok", result.reason);
  });
}
