// Changes to valid documents that often make them invalid.

import { Kind, parse, parseType, parseValue, print, visit } from "graphql";

import { schema } from "./schema.mjs";
import { joined, spoiled, tokensOf } from "./tokens.mjs";

const name = (value) => ({ kind: Kind.NAME, value });
const spread = (value) => ({ kind: Kind.FRAGMENT_SPREAD, name: name(value), directives: [] });
const clone = (node) => structuredClone(node);

const TYPES = Object.keys(schema.getTypeMap());
const FIELDS = [
  ...new Set(Object.values(schema.getTypeMap()).flatMap((type) => Object.keys(type.getFields?.() ?? {}))),
];
const ARGUMENTS = ["first", "last", "after", "before", "id", "ids", "if", "query", "handle", "input", "nope"];
const LITERALS = [
  "0",
  "1",
  "-1",
  "2147483647",
  "2147483648",
  "-2147483648",
  "-2147483649",
  "99999999999999999999",
  "1.0",
  "1e2",
  "true",
  "false",
  "null",
  '"a"',
  '""',
  '"ONE_DAY"',
  "ONE_DAY",
  "NOPE",
  "[]",
  "[1]",
  '["a", "b"]',
  "[[1]]",
  "[null]",
  "{}",
  '{message: "a"}',
  '{message: "a", ttl: ONE_HOUR}',
  "{activityId: 1}",
  '"""block"""',
].map((text) => parseValue(text));
const VARIABLE_TYPES = [
  "Int",
  "Int!",
  "[Int]",
  "Float",
  "String",
  "String!",
  "Boolean",
  "Boolean!",
  "ID",
  "ID!",
  "[ID]",
  "[ID!]",
  "[ID!]!",
  "[[ID!]!]!",
  "ActivityTtl",
  "ActivityTtl!",
  "CreateActivityInput",
  "CreateActivityInput!",
  "DateTime",
  "User",
  "Node",
  "SearchResult",
  "Nope",
  "UserErrorCode",
];
const DIRECTIVES = [
  "@skip(if: true)",
  "@skip(if: false)",
  "@include(if: true)",
  "@include(if: false)",
  "@skip",
  "@include(if: 1)",
  "@include(if: null)",
  "@include(when: true)",
  "@skip(if: true, if: true)",
  "@nope",
  "@deprecated",
  '@specifiedBy(url: "a")',
  "@oneOf",
  "@skip(if: $nope)",
  "@skip(if: true) @skip(if: true)",
  "@skip(if: false) @include(if: true)",
].map((text) => parse(`{ a ${text} }`).definitions[0].selectionSet.selections[0].directives);

/** A document to change, with its nodes at hand. */
class Mutable {
  constructor(random, document) {
    this.random = random;
    this.document = document;
  }

  /** Returns a random node of one of these kinds, or undefined. */
  node(...kinds) {
    const found = [];
    visit(this.document, { enter: (node) => void (kinds.includes(node.kind) && found.push(node)) });
    return found.length ? this.random.pick(found) : undefined;
  }

  /** Returns a random node's non-empty list, such as its `arguments`, or undefined. */
  list(key, ...kinds) {
    const found = [];
    const enter = (node) => void (kinds.includes(node.kind) && node[key]?.length && found.push(node[key]));
    visit(this.document, { enter });
    return found.length ? this.random.pick(found) : undefined;
  }

  rename(node, names) {
    if (node) node.name = name(this.random.chance(0.3) ? "nope" : this.random.pick(names));
  }

  names(...kinds) {
    const found = [];
    visit(this.document, {
      enter: (node) => void (kinds.includes(node.kind) && found.push(node.name?.value ?? "a")),
    });
    return found.length ? found : ["a"];
  }

  /** Seldom removes the last item: an empty list is a syntax error, which needs no schema to find. */
  remove(list) {
    if (list?.length > 1 || this.random.chance(0.1)) list?.splice(this.random.below(list.length), 1);
  }

  repeat(list) {
    if (list) list.splice(this.random.below(list.length + 1), 0, clone(this.random.pick(list)));
  }
}

const { FIELD, ARGUMENT, OBJECT, OBJECT_FIELD, VARIABLE, VARIABLE_DEFINITION, OPERATION_DEFINITION } = Kind;
const { FRAGMENT_DEFINITION, FRAGMENT_SPREAD, INLINE_FRAGMENT, SELECTION_SET, NAMED_TYPE, DIRECTIVE } = Kind;
const LITERAL = [Kind.INT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM, Kind.NULL, Kind.LIST, OBJECT, Kind.FLOAT];
const CONDITIONAL = [FIELD, FRAGMENT_SPREAD, INLINE_FRAGMENT];

/** Replaces a node of the tree in place. */
function become(node, other) {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, clone(other));
}

/** The changes of the tree. Each does nothing if the document has no place for it. */
const CHANGES = [
  (it) => it.rename(it.node(FIELD), FIELDS),
  (it) => it.rename(it.node(FIELD), it.names(FIELD)),
  (it) => it.rename(it.node(ARGUMENT), ARGUMENTS),
  (it) => it.rename(it.node(NAMED_TYPE), TYPES),
  (it) => it.rename(it.node(DIRECTIVE), ["skip", "include", "deprecated"]),
  (it) => it.rename(it.node(VARIABLE), it.names(VARIABLE)),
  (it) => it.rename(it.node(FRAGMENT_SPREAD), it.names(FRAGMENT_DEFINITION)),
  (it) => it.rename(it.node(FRAGMENT_DEFINITION), it.names(FRAGMENT_DEFINITION)),
  (it) => it.rename(it.node(OPERATION_DEFINITION), it.names(OPERATION_DEFINITION)),
  (it) => it.rename(it.node(OBJECT_FIELD), ["message", "ttl", "activityId", "handle"]),
  // Response keys that may conflict.
  function alias(it) {
    const field = it.node(FIELD);
    if (field) field.alias = name(it.random.pick(it.names(FIELD)));
  },
  function conflict(it) {
    const list = it.list("selections", SELECTION_SET);
    const field = list?.find((selection) => selection.kind === FIELD);
    if (!field) return;
    const other = clone(field);
    other.alias ??= other.name;
    if (it.random.chance(0.5)) other.name = name(it.random.pick(FIELDS));
    else if (other.arguments.length) other.arguments[0].value = it.random.pick(LITERALS);
    list.push(other);
  },
  // A field beside itself, which may be merged.
  (it) => it.repeat(it.list("selections", SELECTION_SET)),
  function anotherPlace(it) {
    const from = it.list("selections", SELECTION_SET);
    const to = it.list("selections", SELECTION_SET);
    if (from) to.push(clone(it.random.pick(from)));
  },
  (it) => it.remove(it.list("selections", SELECTION_SET)),
  (it) => it.remove(it.list("arguments", FIELD, DIRECTIVE)),
  (it) => it.repeat(it.list("arguments", FIELD, DIRECTIVE)),
  (it) => it.remove(it.list("fields", OBJECT)),
  (it) => it.repeat(it.list("fields", OBJECT)),
  function inputField(it) {
    const fields = it.node(OBJECT)?.fields;
    fields?.push({ kind: OBJECT_FIELD, name: name("nope"), value: it.random.pick(LITERALS) });
  },
  function addArgument(it) {
    const field = it.node(FIELD);
    const value = it.random.pick(LITERALS);
    field?.arguments.push({ kind: ARGUMENT, name: name(it.random.pick(ARGUMENTS)), value });
  },
  function otherLiteral(it) {
    const node = it.node(...LITERAL);
    if (node) become(node, it.random.pick(LITERALS));
  },
  function variableForLiteral(it) {
    const node = it.node(...LITERAL);
    if (node) become(node, { kind: VARIABLE, name: name(it.random.pick([...it.names(VARIABLE), "nope"])) });
  },
  (it) => it.remove(it.list("variableDefinitions", OPERATION_DEFINITION)),
  (it) => it.repeat(it.list("variableDefinitions", OPERATION_DEFINITION)),
  function variableType(it) {
    const definition = it.node(VARIABLE_DEFINITION);
    if (definition) definition.type = parseType(it.random.pick(VARIABLE_TYPES));
  },
  function variableDefault(it) {
    const definition = it.node(VARIABLE_DEFINITION);
    if (definition)
      definition.defaultValue = it.random.chance(0.3) ? undefined : clone(it.random.pick(LITERALS));
  },
  function unusedVariable(it) {
    const type = parseType(it.random.pick(VARIABLE_TYPES));
    const variable = { kind: VARIABLE, name: name("unused") };
    const operation = it.node(OPERATION_DEFINITION);
    if (!operation) return;
    operation.variableDefinitions = [
      ...(operation.variableDefinitions ?? []),
      { kind: VARIABLE_DEFINITION, variable, type, directives: [] },
    ];
  },
  (it) => it.repeat(it.document.definitions),
  (it) => it.document.definitions.length > 1 && it.remove(it.document.definitions),
  function unusedFragment(it) {
    const text = it.random.pick([
      "fragment Unused on Query { __typename }",
      "fragment Unused on Int { a }",
      "fragment Unused on Nope { a }",
      "type Query { a: Int }",
      "extend type Query { a: Int }",
    ]);
    it.document.definitions.push(parse(text).definitions[0]);
    if (it.random.chance(0.3)) it.node(SELECTION_SET)?.selections.push(spread("Unused"));
  },
  // A spread at a random place: a cycle, or a type that never fits.
  function anySpread(it) {
    it.node(SELECTION_SET)?.selections.push(spread(it.random.pick(it.names(FRAGMENT_DEFINITION))));
  },
  function recursion(it) {
    const fragment = it.node(FRAGMENT_DEFINITION);
    fragment?.selectionSet.selections.push(spread(fragment.name.value));
  },
  function noSelection(it) {
    delete it.node(FIELD)?.selectionSet;
  },
  function selectionOfLeaf(it) {
    const field = it.node(FIELD);
    if (field) field.selectionSet ??= parse("{ __typename }").definitions[0].selectionSet;
  },
  function addDirective(it) {
    const node = it.node(
      ...(it.random.chance(0.6)
        ? CONDITIONAL
        : [OPERATION_DEFINITION, FRAGMENT_DEFINITION, VARIABLE_DEFINITION]),
    );
    if (node) node.directives = [...node.directives, ...it.random.pick(DIRECTIVES)];
  },
  (it) => it.repeat(it.list("directives", ...CONDITIONAL)),
  function operationType(it) {
    const operation = it.node(OPERATION_DEFINITION);
    if (operation) operation.operation = it.random.pick(["query", "mutation", "subscription"]);
  },
  function nameless(it) {
    const operation = it.node(OPERATION_DEFINITION);
    if (!operation) return;
    delete operation.name;
    delete operation.description;
  },
  function typeCondition(it) {
    const node = it.node(FRAGMENT_DEFINITION, INLINE_FRAGMENT);
    if (node) node.typeCondition = { kind: NAMED_TYPE, name: name(it.random.pick(TYPES)) };
  },
  function introspect(it) {
    const text = it.random.pick([
      "{ __typename }",
      "{ __schema { queryType { name } } }",
      '{ __type(name: "User") { name isOneOf fields(includeDeprecated: true) { name } } }',
      "{ __type { name } }",
      "{ __schema { description types { name specifiedByURL } } }",
      '{ __type(name: "User") { fields { type { fields { type { fields { name } } } } } } }',
    ]);
    const [selection] = parse(text).definitions[0].selectionSet.selections;
    it.node(SELECTION_SET)?.selections.push(selection);
  },
];

/** Returns the text of a document with one to three changes of its tree, of its tokens, or of both. */
export function mutant(random, document) {
  let text = print(document);
  const which = random.next();
  if (which < 0.75) {
    const mutable = new Mutable(random, parse(text));
    for (let count = random.between(1, 3); count > 0; count -= 1) random.pick(CHANGES)(mutable);
    text = print(mutable.document);
  }
  if (which < 0.65) return text;
  try {
    let tokens = tokensOf(text);
    for (let count = random.between(1, 2); count > 0; count -= 1) tokens = spoiled(random, tokens);
    return joined(random, tokens);
  } catch {
    // The change of the tree left nothing that can be printed as tokens.
    return text;
  }
}
