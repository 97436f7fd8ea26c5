// Random valid documents, made from the schema.

import {
  GraphQLNonNull,
  Kind,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  parseType,
  print,
  visit,
} from "graphql";

import { schema } from "./schema.mjs";
import { DEFAULT_POOLS, literal, randomJson, wanted } from "./values.mjs";

const name = (value) => ({ kind: Kind.NAME, value });
const variable = (value) => ({ kind: Kind.VARIABLE, name: name(value) });
const named = (value) => ({ kind: Kind.NAMED_TYPE, name: name(value) });
const argument = (key, value) => ({ kind: Kind.ARGUMENT, name: name(key), value });

const ROOTS = {
  query: schema.getQueryType(),
  mutation: schema.getMutationType(),
  subscription: schema.getSubscriptionType(),
};

// Connections take `first` or `last`; both together fail when they run.
const PAGE = ["first", "last", "after", "before"];

// Composite fields of introspection that do not lead back to types, which would multiply the answer.
const SHALLOW = new Set(["fields", "args", "enumValues", "inputFields", "directives", "queryType"]);

// Without `first` and `last`, pages are long. The specification forbids null for `includeDeprecated`.
const NEVER_NULL = new Set(["first", "last", "includeDeprecated"]);

const isIntrospection = (type) => type.name.startsWith("__");

class Builder {
  constructor(random, options) {
    this.random = random;
    this.options = { pools: DEFAULT_POOLS, kinds: ["query"], depth: 4, ...options };
    /** The fragments by name: the definition, and the names of the variables inside. */
    this.fragments = new Map();
    /** The variables by name: type, default and value. */
    this.variables = new Map();
    /** The response keys and the one field that each stands for, wherever it is selected. */
    this.keys = new Map();
    this.fields = 0;
    /** How many fragments enclose the selection, since the last field. */
    this.nesting = 0;
  }

  document() {
    const { random, options } = this;
    const count = options.single || random.chance(0.75) ? 1 : random.between(2, 3);
    const operations = Array.from({ length: count }, (_, index) => this.operation(index, count));
    const fragments = [...this.fragments.values()];
    const definitions = random.shuffle([...operations, ...fragments]);
    const document = { kind: Kind.DOCUMENT, definitions };
    for (const operation of operations) {
      const used = random.shuffle([...this.variablesOf(operation)]);
      operation.variableDefinitions = used.map((used) => this.variables.get(used).definition);
    }
    const run = operations[random.below(count)];
    const values = {};
    for (const { variable: used } of run.variableDefinitions) {
      const { value } = this.variables.get(used.name.value);
      if (value !== undefined) values[used.name.value] = value;
    }
    return { document, operationName: run.name?.value, values };
  }

  operation(index, count) {
    const { random } = this;
    const operation = random.pick(this.options.kinds);
    const nameless = count === 1 && random.chance(0.4);
    const selectionSet = {
      kind: Kind.SELECTION_SET,
      selections: this.selections(ROOTS[operation], operation === "query" ? 0 : 1, operation),
    };
    return {
      kind: Kind.OPERATION_DEFINITION,
      operation,
      name: nameless ? undefined : name(`Operation${index}`),
      description: nameless ? undefined : this.description(),
      directives: [],
      selectionSet,
    };
  }

  description() {
    if (!this.random.chance(0.08)) return undefined;
    return { kind: Kind.STRING, value: "A description.", block: this.random.chance(0.5) };
  }

  /** Returns the names of all variables of an operation, also of those inside its fragments. */
  variablesOf(operation) {
    const used = new Set();
    const seen = new Set();
    const collect = (node) =>
      visit(node, {
        Variable: (node) => void used.add(node.name.value),
        FragmentSpread: ({ name: { value } }) => {
          if (seen.has(value)) return;
          seen.add(value);
          collect(this.fragments.get(value));
        },
      });
    collect(operation.selectionSet);
    return used;
  }

  /** Returns the selections on a composite type. `kind` is the operation's at its root. */
  selections(type, depth, kind) {
    const { random } = this;
    if (kind === "subscription") return [this.rooted(type, depth)];
    const count = kind ? random.between(1, 2) : random.between(1, depth > 2 ? 3 : 4);
    return Array.from({ length: count }, () => this.selection(type, depth, kind));
  }

  /** Returns the one root field of a subscription, at times in a fragment. It takes no condition. */
  rooted(type, depth) {
    if (this.random.chance(0.7)) return this.field(type, depth, "subscription");
    const wrapped = () => [this.rooted(type, depth)];
    if (this.random.chance(0.5)) return this.inline(type, wrapped, true);
    return this.spread(type, wrapped);
  }

  selection(type, depth, kind) {
    const { random } = this;
    let made;
    const choice = this.nesting < 3 && this.fields < 30 ? random.next() : 1;
    if (choice < 0.12 || (isAbstractType(type) && choice < 0.5)) {
      const on = this.overlapping(type);
      const inner = () => this.selections(on, depth, on === type ? kind : undefined);
      made = this.inline(on, inner, on === type);
    } else if (choice < 0.22 || (isAbstractType(type) && choice < 0.6)) {
      made = this.spreadOn(type, depth, kind);
    } else {
      made = this.field(type, depth, kind);
    }
    return { ...made, directives: this.conditions() };
  }

  /** Returns a type that some object of `type` has. */
  overlapping(type) {
    const { random } = this;
    if (isIntrospection(type) || random.chance(isAbstractType(type) ? 0.1 : 0.5)) return type;
    const object = random.pick(isAbstractType(type) ? schema.getPossibleTypes(type) : [type]);
    if (random.chance(0.6)) return object;
    const abstract = [...object.getInterfaces()];
    const union = schema.getType("SearchResult");
    if (union.getTypes().includes(object)) abstract.push(union);
    return random.pick([object, ...abstract]);
  }

  /** `same` is whether `on` is the enclosing type, and the type condition can be left out. */
  inline(on, selections, same) {
    return {
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: same && this.random.chance(0.5) ? undefined : named(on.name),
      directives: [],
      selectionSet: this.nested(selections),
    };
  }

  /** Returns the selection set of a fragment. */
  nested(selections) {
    this.nesting += 1;
    const selectionSet = { kind: Kind.SELECTION_SET, selections: selections() };
    this.nesting -= 1;
    return selectionSet;
  }

  /** Spreads a fragment that exists, or a new one. */
  spreadOn(type, depth, kind) {
    const on = this.overlapping(type);
    const fit = [...this.fragments.values()].filter(
      (fragment) => fragment.made && fragment.on === on && fragment.depth >= depth && !kind,
    );
    if (fit.length && this.random.chance(0.6)) {
      return { kind: Kind.FRAGMENT_SPREAD, name: this.random.pick(fit).name, directives: [] };
    }
    return this.spread(on, () => this.selections(on, depth, on === type ? kind : undefined), depth);
  }

  spread(on, selections, depth = 0) {
    const fragment = {
      kind: Kind.FRAGMENT_DEFINITION,
      name: name(`Fragment${this.fragments.size}`),
      typeCondition: named(on.name),
      directives: [],
      description: this.description(),
      on,
      depth,
    };
    this.fragments.set(fragment.name.value, fragment);
    fragment.selectionSet = this.nested(selections);
    // Until here, a spread inside of it would be a cycle.
    fragment.made = true;
    return { kind: Kind.FRAGMENT_SPREAD, name: fragment.name, directives: [] };
  }

  field(type, depth, kind) {
    const { random, options } = this;
    this.fields += 1;
    const full = (depth >= options.depth || this.fields > 30) && kind !== "subscription";
    const fields = Object.values(type.getFields?.() ?? {}).filter((field) => {
      if (!isCompositeType(getNamedType(field.type))) return true;
      return isIntrospection(type) ? SHALLOW.has(field.name) && depth < 4 : !full;
    });
    const leaf = !fields.length || (random.chance(0.08) && kind !== "subscription");
    const root = type === ROOTS.query && random.chance(0.06) ? this.introspection() : undefined;
    if (leaf && !root) return this.keyed({ name: "__typename", args: [], type: "String!" });
    const field = root ?? random.pick(fields);
    const keyed = this.keyed({
      name: field.name,
      args: this.args(field),
      type: `${field.args.map((arg) => arg.name)}:${field.type}`,
      again: kind !== "mutation",
    });
    const inner = getNamedType(field.type);
    if (!isCompositeType(inner)) return keyed;
    const { nesting } = this;
    this.nesting = 0;
    const selections = this.selections(inner, depth + 1);
    this.nesting = nesting;
    return { ...keyed, selectionSet: { kind: Kind.SELECTION_SET, selections } };
  }

  introspection() {
    const string = new GraphQLNonNull(schema.getType("String"));
    if (this.random.chance(0.5)) {
      return { name: "__schema", args: [], type: schema.getType("__Schema") };
    }
    const type = schema.getType("__Type");
    return { name: "__type", args: [{ name: "name", type: string, required: true }], type };
  }

  /**
   * Returns a field under a response key that stands for the same field with the same arguments
   * wherever it is used, so that fields of one key can always be merged.
   */
  keyed({ name: field, args, type, again = true }) {
    const { random } = this;
    const same = [...this.keys].filter(([, made]) => made.field === field && made.type === type);
    if (same.length && again && random.chance(0.6)) {
      const [key, made] = random.pick(same);
      return this.fieldNode(key, field, made.args);
    }
    const signature = args.map(print).sort().join();
    const aliased = random.chance(0.25) ? `${field.replace(/^_+/, "")}${random.below(4)}` : field;
    for (let key = aliased; ; key = `alias${this.keys.size}`) {
      const made = this.keys.get(key);
      if (made && (made.field !== field || made.signature !== signature || made.type !== type)) {
        continue;
      }
      this.keys.set(key, { field, args, signature, type });
      return this.fieldNode(key, field, args);
    }
  }

  fieldNode(key, field, args) {
    const alias = key === field ? undefined : name(key);
    const shuffled = this.random.shuffle(args);
    return { kind: Kind.FIELD, alias, name: name(field), arguments: shuffled, directives: [] };
  }

  args(field) {
    const { random, options } = this;
    const made = [];
    const direction = random.pick(["first", "last"]);
    for (const arg of field.args) {
      const page = PAGE.includes(arg.name);
      // A page is always small, and read in one direction.
      const opposite = { first: "last", last: "first", after: "last", before: "first" }[arg.name];
      if (page && opposite === direction && !random.chance(options.failing ?? 0.02)) continue;
      if (!(arg.required || arg.name === direction || wanted(random, arg))) continue;
      made.push(argument(arg.name, this.value(arg.type, arg.name, arg.defaultValue)));
    }
    return made;
  }

  /** Returns a value for an input: a variable, or a literal, which may have variables inside. */
  value(type, key, defaultValue) {
    const { random, options } = this;
    if (random.chance(0.35)) return this.variable(type, key, defaultValue);
    if (!isNonNullType(type) && !NEVER_NULL.has(key) && random.chance(0.08)) {
      return { kind: Kind.NULL };
    }
    const nullable = getNullableType(type);
    const made = literal(random, type, randomJson(random, type, options.pools, key));
    if (made.kind === Kind.OBJECT) {
      for (const field of made.fields) {
        const { type: inner, defaultValue: usual } = nullable.getFields()[field.name.value];
        if (random.chance(0.2)) field.value = this.variable(inner, field.name.value, usual);
      }
    } else if (made.kind === Kind.LIST && isListType(nullable)) {
      made.values = made.values.map((item) =>
        random.chance(0.2) ? this.variable(nullable.ofType, key) : item,
      );
    }
    return made;
  }

  /** Returns a variable that may stand where a value of `type` is expected. */
  variable(type, key, defaultValue) {
    const { random, options } = this;
    const same = [...this.variables].filter(
      ([, made]) =>
        made.at === String(type) && made.key === key && (defaultValue === undefined) === made.bare,
    );
    if (same.length && random.chance(0.4)) return variable(random.pick(same)[0]);
    const nullable = getNullableType(type);
    const value = randomJson(random, type, options.pools, key);
    const own = `v${this.variables.size}`;
    // With a default, a nullable variable may stand where null may not.
    const usual = random.chance(0.3);
    const lax = isNonNullType(type) && (usual || defaultValue !== undefined) && random.chance(0.6);
    const stricter = !isNonNullType(type) && random.chance(0.3);
    const declared = lax ? String(nullable) : stricter ? `${type}!` : String(type);
    const definition = {
      kind: Kind.VARIABLE_DEFINITION,
      variable: variable(own),
      type: parseType(declared),
      description: this.description(),
      defaultValue: usual ? literal(random, type, randomJson(random, type, options.pools, key)) : undefined,
      directives: [],
    };
    const absent =
      usual || (!declared.endsWith("!") && key !== "first" && key !== "last") ? random.chance(0.35) : false;
    this.variables.set(own, {
      definition,
      at: String(type),
      bare: defaultValue === undefined,
      key,
      value: absent ? undefined : value,
    });
    return variable(own);
  }

  /** Returns the directives of a selection. */
  conditions() {
    const { random } = this;
    const condition = schema.getDirective("skip").args[0];
    return ["skip", "include"]
      .filter(() => random.chance(0.06))
      .map((directive) => ({
        kind: Kind.DIRECTIVE,
        name: name(directive),
        arguments: [argument("if", this.value(condition.type, "if"))],
      }));
  }
}

/**
 * Makes a valid document from the schema: `document` as graphql-js's tree, the `operationName` to run and
 * the `values` of its variables. The options are `kinds` of operations, `pools` of values, `single` for
 * one operation, the `depth` of fields, and the probability of `failing` arguments.
 */
export function randomDocument(random, options = {}) {
  return new Builder(random, options).document();
}
