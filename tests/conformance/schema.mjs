// The gateway's schema as graphql-js reads it.

import { readFileSync } from "node:fs";
import { buildSchema } from "graphql";

/** The schema in `schema.graphql`, which the gateway prints. */
export const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
