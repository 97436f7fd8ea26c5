// What graphql-js, the reference implementation, says about a request.

import {
  MaxIntrospectionDepthRule,
  getOperationAST,
  getVariableValues,
  parse,
  specifiedRules,
  typeFromAST,
  isInputType,
  validate,
} from "graphql";

import { schema } from "./schema.mjs";

/** Returns the parsed document, or undefined after a syntax error. */
export function parsed(text) {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns whether graphql-js accepts a request, up to its execution, and the first reason if it does
 * not. `rules` replace those that documents are validated by.
 */
export function judge({ query, operationName, variables }, rules = specifiedRules) {
  let document;
  try {
    document = parse(query);
  } catch (error) {
    return { accepted: false, reason: error.message };
  }
  const [invalid] = faults(document, rules);
  if (invalid) return { accepted: false, reason: invalid.message };
  const operation = getOperationAST(document, operationName);
  if (!operation) return { accepted: false, reason: "No such operation." };
  const definitions = operation.variableDefinitions ?? [];
  const { errors } = getVariableValues(schema, definitions, variables);
  if (errors) return { accepted: false, reason: errors[0].message };
  return { accepted: true, kind: operation.operation };
}

/** Returns why a document is invalid. */
function faults(document, rules) {
  try {
    return validate(schema, document, rules);
  } catch (error) {
    // The rule for the root of subscriptions fails on a condition with a variable, which has no value yet.
    return [error];
  }
}

/** The rules of the specification, without the limit that graphql-js adds to them. */
export const withoutDepth = specifiedRules.filter((rule) => rule !== MaxIntrospectionDepthRule);

/** Returns the input type of a variable's definition, or undefined if it is not one. */
export function inputType(definition) {
  const type = typeFromAST(schema, definition.type);
  return isInputType(type) ? type : undefined;
}
