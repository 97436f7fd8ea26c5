// Where the gateway rightly decides differently from graphql-js 16. Each kind has a reason and a check that
// a difference is exactly of this kind.

import { Kind, getLocation, visit } from "graphql";

import { judge, parsed, withoutDepth } from "./reference.mjs";

/**
 * Returns the document with the conditions at the root of its subscriptions removed, or undefined if it
 * has none. They can also stand in the fragments that a root spreads.
 */
function withoutRootConditions(document) {
  const fragments = new Map(
    document.definitions
      .filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const removed = new Set();
  const seen = new Set();
  const collect = ({ selections }) => {
    for (const selection of selections) {
      for (const directive of selection.directives) {
        if (/^(skip|include)$/.test(directive.name.value)) removed.add(directive);
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD && fragments.get(selection.name.value);
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (spread && !seen.has(spread)) collect(seen.add(spread) && spread.selectionSet);
    }
  };
  for (const definition of document.definitions) {
    if (definition.operation === "subscription") collect(definition.selectionSet);
  }
  if (!removed.size) return undefined;
  return visit(document, { Directive: (node) => (removed.has(node) ? null : undefined) });
}

/** Returns the places of the nulls that a document passes as `includeDeprecated`, as line and column. */
function nullsOfIncludeDeprecated(query) {
  const places = new Set();
  visit(parsed(query), {
    Argument({ name, value }) {
      if (name.value !== "includeDeprecated" || value.kind !== Kind.NULL) return;
      const { line, column } = getLocation(value.loc.source, value.loc.start);
      places.add(`${line}:${column}`);
    },
  });
  return places;
}

export const DIFFERENCES = [
  {
    name: "condition at the root of a subscription",
    reason:
      "Since September 2025, CollectSubscriptionFields forbids @skip and @include there; graphql-js 16 applies them.",
    explains: ({ request, reference, gateway }) =>
      reference.accepted && !gateway.accepted && withoutRootConditions(parsed(request.query)) !== undefined,
  },
  {
    name: "depth of introspection",
    reason: "The limit to lists below lists of introspection is graphql-js's own, not the specification's.",
    explains: ({ request, reference, gateway }) =>
      !reference.accepted && gateway.accepted && judge(request, withoutDepth).accepted,
  },
  {
    name: "null as a condition",
    reason:
      "A variable with a default can be null where @skip and @include need a Boolean. graphql-js fails during the execution, the gateway before it.",
    explains: ({ request, reference, gateway }) =>
      reference.accepted &&
      !gateway.accepted &&
      JSON.parse(gateway.text).errors.every(({ message }) => {
        const [, name] = /^The variable `\$(\w+)` is a condition and must not be null\.$/.exec(message) ?? [];
        return name !== undefined && request.variables[name] === null;
      }),
  },
  {
    name: "null for includeDeprecated",
    reason: "Since September 2025, its type is Boolean!; in graphql-js 16 it is Boolean.",
    explains: ({ request, reference, gateway }) => {
      if (!reference.accepted || gateway.accepted) return false;
      const places = nullsOfIncludeDeprecated(request.query);
      const { errors } = JSON.parse(gateway.text);
      return errors.every(({ locations }) =>
        locations?.some(({ line, column }) => places.has(`${line}:${column}`)),
      );
    },
  },
];
