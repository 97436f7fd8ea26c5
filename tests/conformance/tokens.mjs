// Documents as lists of tokens: printed with other blanks, and spoiled.

import { Lexer, Source, TokenKind } from "graphql";

/** Returns the texts of a document's tokens. Comments are left out. */
export function tokensOf(text) {
  const lexer = new Lexer(new Source(text));
  const tokens = [];
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    tokens.push(text.slice(token.start, token.end));
  }
  return tokens;
}

const IGNORED = [" ", "\n", "\r\n", "\t", ",", ", ", " # a comment\n", "#\r", " \ufeff", "\n\n", ",,"];

const PUNCTUATOR = /^([!$&()|:=@[\]{}]|\.\.\.)$/;

/** Joins tokens by random ignored characters. Beside a punctuator there may be none. */
export function joined(random, tokens) {
  let text = "";
  let last = "{";
  for (const token of tokens) {
    const free = PUNCTUATOR.test(last) || PUNCTUATOR.test(token);
    text += free && random.chance(0.6) ? "" : random.chance(0.5) ? " " : random.pick(IGNORED);
    text += token;
    last = token;
  }
  return text;
}

const FOREIGN = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ":",
  "!",
  "$",
  "@",
  "=",
  "...",
  "|",
  "&",
  "on",
  "true",
  "null",
  "query",
  "mutation",
  "subscription",
  "fragment",
  "name",
  "id",
  "__typename",
  "0",
  "1",
  "-1",
  "01",
  "-",
  "00",
  "1.0",
  "1.",
  ".5",
  "1e3",
  "0x1",
  "1a",
  "2147483648",
  '""',
  '"a"',
  '"\\u{1F600}"',
  '"\\uD83D\\uDE00"',
  '"\\uD83D"',
  '"\\u{110000}"',
  '"\\u{}"',
  '"\\u12"',
  '"\\x"',
  '"""a\n  b"""',
  '"""',
  '"',
  '"a\nb"',
  "?",
  "%",
  "'a'",
  "\\",
  ";",
  "..",
  "é",
  "\u0000",
  "@skip",
  "@include(if: true)",
  "type",
  "schema",
  "extend",
  "$v0",
];

/** Returns the tokens with one of them deleted, doubled, swapped, moved or replaced. */
export function spoiled(random, tokens) {
  const made = [...tokens];
  const at = random.below(made.length);
  const choice = random.below(8);
  if (choice === 0) made.splice(at, 1);
  else if (choice === 1) made.splice(at, 0, made[at]);
  else if (choice === 2) made.splice(at, 2, made[at + 1] ?? "", made[at]);
  else if (choice === 3) made[at] = random.pick(made);
  else if (choice === 4) made.splice(at, 0, random.pick(made));
  else if (choice === 5) made.splice(at, 0, random.pick(FOREIGN));
  else if (choice === 6) made[at] = random.pick(FOREIGN);
  else made.splice(at, 2, `${made[at]}${made[at + 1] ?? ""}`);
  return made;
}
