// Changes of a query that must not change its answer.

import { Kind, astFromValue, getOperationAST, getVariableValues, print, typeFromAST, visit } from "graphql";

import { schema } from "./schema.mjs";

const name = (value) => ({ kind: Kind.NAME, value });
const boolean = (value) => ({ kind: Kind.BOOLEAN, value });
const CONDITIONAL = [Kind.FIELD, Kind.FRAGMENT_SPREAD, Kind.INLINE_FRAGMENT];

/** Returns the query with its fragments in place of their spreads. */
export function inlined(document) {
  const fragments = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const expand = (node) =>
    visit(node, {
      FragmentSpread: {
        enter(spread) {
          const { typeCondition, selectionSet } = fragments.get(spread.name.value);
          return {
            kind: Kind.INLINE_FRAGMENT,
            typeCondition,
            directives: spread.directives,
            selectionSet: expand(selectionSet),
          };
        },
      },
    });
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return { ...document, definitions: operations.map(expand) };
}

// Doubled sets inside of doubled sets grow fast. Longer ones are left as they are.
const MAX_DOUBLED = 4_000;

/** Returns the query with its selections twice: each next to itself, or the whole set again. */
export function doubled(document, random) {
  return visit(document, {
    SelectionSet: {
      leave(set) {
        if (print(set).length > MAX_DOUBLED) return undefined;
        const { selections, ...node } = set;
        const twice = random.chance(0.5)
          ? selections.flatMap((selection) => [selection, selection])
          : [...selections, ...selections];
        return { ...node, selections: twice };
      },
    },
  });
}

const YES = "alwaysTrue";
const NO = "alwaysFalse";

/**
 * Returns the query and its variables with conditions that always hold: literals, or variables with a value
 * or a default.
 */
export function conditioned(document, variables, random) {
  const condition = (directive, value, variable) => ({
    kind: Kind.DIRECTIVE,
    name: name(directive),
    arguments: [
      {
        kind: Kind.ARGUMENT,
        name: name("if"),
        value: random.chance(0.5) ? boolean(value) : { kind: Kind.VARIABLE, name: name(variable) },
      },
    ],
  });
  const changed = visit(document, {
    enter(node) {
      if (!CONDITIONAL.includes(node.kind)) return undefined;
      const has = new Set(node.directives.map((directive) => directive.name.value));
      const more = [];
      if (!has.has("include") && random.chance(0.6)) more.push(condition("include", true, YES));
      if (!has.has("skip") && random.chance(0.6)) more.push(condition("skip", false, NO));
      return { ...node, directives: random.shuffle([...node.directives, ...more]) };
    },
  });
  const definition = (variable, type, value) => ({
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: name(variable) },
    type: { kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: name(type) } },
    defaultValue: boolean(value),
    directives: [],
  });
  const declared = visit(changed, {
    OperationDefinition: (node) => ({
      ...node,
      variableDefinitions: [
        ...(node.variableDefinitions ?? []),
        definition(YES, "Boolean", true),
        definition(NO, "Boolean", false),
      ],
    }),
  });
  const values = random.chance(0.5) ? variables : { ...variables, [YES]: true, [NO]: false };
  return { document: withoutUnused(declared), variables: values };
}

/** Returns the query with the values of its variables as literals. */
export function literals(document, variables) {
  const operation = getOperationAST(document);
  const definitions = operation.variableDefinitions ?? [];
  const { coerced } = getVariableValues(schema, definitions, variables);
  const values = new Map();
  for (const { type, variable } of definitions) {
    const { value: key } = variable.name;
    if (Object.hasOwn(coerced, key)) values.set(key, astFromValue(coerced[key], typeFromAST(schema, type)));
  }
  const absent = ({ value }) => value.kind === Kind.VARIABLE && !values.has(value.name.value);
  const written = visit(document, {
    VariableDefinition: () => null,
    // An argument or input field without a value is as if it were not there.
    Argument: (node) => (absent(node) ? null : undefined),
    ObjectField: (node) => (absent(node) ? null : undefined),
    // In a list, a variable without a value is null.
    Variable: (node) => values.get(node.name.value) ?? { kind: Kind.NULL },
  });
  return written;
}

/** Returns the query without the variables that it does not use. */
function withoutUnused(document) {
  const used = new Set();
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => void used.add(node.name.value),
  });
  return visit(document, {
    VariableDefinition: (node) => (used.has(node.variable.name.value) ? undefined : null),
  });
}

const responseKey = (field) => (field.alias ?? field.name).value;

/** Returns the selections with only the fields of one response key. */
function only(selections, key) {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return responseKey(selection) === key ? [selection] : [];
    const inner = only(selection.selectionSet.selections, key);
    if (!inner.length) return [];
    return [{ ...selection, selectionSet: { ...selection.selectionSet, selections: inner } }];
  });
}

/** Returns the response keys at the root, in the order of their first selection. */
function rootKeys(selections) {
  const keys = selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [responseKey(selection)] : rootKeys(selection.selectionSet.selections),
  );
  return [...new Set(keys)];
}

/** Returns one query for each response key at the root. */
export function split(document) {
  const [operation] = inlined(document).definitions;
  const { selections } = operation.selectionSet;
  return rootKeys(selections).map((key) => {
    const selectionSet = { ...operation.selectionSet, selections: only(selections, key) };
    return withoutUnused({ kind: Kind.DOCUMENT, definitions: [{ ...operation, selectionSet }] });
  });
}
