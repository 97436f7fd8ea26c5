// Random input values: as literals of a document, and as the JSON of variables.

import { Kind, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType } from "graphql";

/** What the generated documents ask for, unless a test reads more from its store. */
export const DEFAULT_POOLS = {
  handles: ["andrewbrown", "worf", "londo", "bayko", "coco", "unknown"],
  ids: ["unknown"],
  cursors: [""],
};

const TEXTS = [
  "a",
  "Cloud",
  "#unicorn",
  "two words",
  'a "quote" and a \\ backslash',
  "tab\there",
  "snow \u2603 and 😀",
];

/** Returns a random string for the input of this name. */
function text(random, pools, name) {
  if (/handle/i.test(name)) return random.pick(pools.handles);
  if (/^(after|before)$/.test(name)) return random.pick(pools.cursors);
  if (name === "idempotencyKey") return `key ${random.below(1000)}`;
  return random.pick(TEXTS);
}

const LEAVES = {
  Int: (random) => random.between(1, 3),
  Float: (random) => random.between(1, 9) / 4,
  Boolean: (random) => random.chance(0.5),
  ID: (random, pools) => (random.chance(0.1) ? random.below(100) : random.pick(pools.ids)),
  String: text,
};

/** Returns a random valid value of an input type, as JSON. `name` is that of the argument or field. */
export function randomJson(random, type, pools, name) {
  if (isNonNullType(type)) return randomJson(random, type.ofType, pools, name);
  if (isListType(type)) {
    // A single value stands for a list of one.
    if (random.chance(0.1)) return randomJson(random, type.ofType, pools, name);
    return Array.from({ length: random.below(4) }, () => randomJson(random, type.ofType, pools, name));
  }
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => wanted(random, field));
    return Object.fromEntries(
      fields.map((field) => [field.name, randomJson(random, field.type, pools, field.name)]),
    );
  }
  return LEAVES[type.name]?.(random, pools, name) ?? "a custom scalar";
}

/** Returns whether to give a value to an argument or input field: always if it is required. */
export function wanted(random, input) {
  return (isNonNullType(input.type) && input.defaultValue === undefined) || random.chance(0.4);
}

/** Returns the literal of a JSON value of an input type. */
export function literal(random, type, value) {
  if (isNonNullType(type)) return literal(random, type.ofType, value);
  if (value === null) return { kind: Kind.NULL };
  if (isListType(type)) {
    if (!Array.isArray(value)) return literal(random, type.ofType, value);
    return { kind: Kind.LIST, values: value.map((item) => literal(random, type.ofType, item)) };
  }
  if (isInputObjectType(type)) {
    return {
      kind: Kind.OBJECT,
      fields: Object.entries(value).map(([name, item]) => ({
        kind: Kind.OBJECT_FIELD,
        name: { kind: Kind.NAME, value: name },
        value: literal(random, type.getFields()[name].type, item),
      })),
    };
  }
  if (isEnumType(type)) return { kind: Kind.ENUM, value };
  if (typeof value === "boolean") return { kind: Kind.BOOLEAN, value };
  if (typeof value === "number") {
    const kind = Number.isInteger(value) ? Kind.INT : Kind.FLOAT;
    return { kind, value: String(value) };
  }
  // Block strings cannot hold every text: their blanks and line ends are not kept.
  const block = random.chance(0.1) && /^[ -[\]-~]+$/.test(value) && !/"|^ | $/.test(value);
  return { kind: Kind.STRING, value, block };
}

/** Returns a value that is often not one of the type: for the coercion of variables. */
export function doubtfulJson(random, type, pools, name) {
  if (random.chance(0.5)) {
    const named = getNamedType(type);
    return random.pick([
      null,
      0,
      -1,
      1.5,
      2147483647,
      2147483648,
      -2147483649,
      true,
      "1",
      "",
      [],
      [null],
      ["a", 1],
      [["a"]],
      {},
      { nope: 1 },
      isEnumType(named) ? "NOPE" : "ONE_DAY",
    ]);
  }
  const value = randomJson(random, type, pools, name);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  // An input object with one field spoiled.
  const fields = Object.keys(value);
  const field = random.pick([...fields, "nope"]);
  const spoiled = random.pick([null, 7, "x", [], {}, undefined]);
  return { ...value, [field]: spoiled };
}
