//! The tokens of a document, and the grammar's rules that apollo-parser 0.9.0-beta.2 does not
//! enforce:
//!
//! * The name of an argument or input field is followed by a colon (GraphQL 2.6 and 2.9.8).
//! * A selection set has at least one selection (GraphQL 2.4).
//! * A string without triple quotes ends on its line (GraphQL 2.9.4).
//!
//! Where it looks ahead, it also takes a comma for the next token.

use std::iter;

use apollo_parser::{Lexer, Token, TokenKind};

use super::{limits::LimitExceeded, problem::Problem};

/// A document as its tokens.
#[derive(Debug)]
pub struct Tokens {
    pub count: usize,
    /// The text with as many blanks for each comma and comment as it has bytes, so that every token
    /// keeps its place.
    pub blanked: String,
    /// The first place where the text breaks one of the rules above.
    pub problem: Option<Problem>,
}

impl Tokens {
    /// Reads a text, and fails at the first token above the limit.
    pub fn read(text: &str, limit: usize) -> Result<Self, LimitExceeded> {
        let mut tokens =
            Self { count: 0, blanked: String::with_capacity(text.len()), problem: None };
        let mut grammar = Grammar::default();
        let mut has_errors = false;
        for token in Lexer::new(text) {
            match token {
                Ok(token) if token.kind() == TokenKind::Eof => continue,
                Ok(token) if is_ignored(token.kind()) => {
                    tokens.blanked.extend(iter::repeat_n(' ', token.data().len()));
                    continue;
                }
                Ok(token) => {
                    tokens.blanked.push_str(token.data());
                    if tokens.problem.is_none() && !has_errors {
                        tokens.problem = grammar.check(&token).map(|message| Problem {
                            message: format!("Syntax error: {message}."),
                            offset: Some(token.index()),
                            ..Problem::default()
                        });
                    }
                }
                // The parser reports it, for the text as it is.
                Err(_) => has_errors = true,
            }
            tokens.count += 1;
            LimitExceeded::check("tokens", tokens.count as u64, limit as u64)?;
        }
        if has_errors {
            text.clone_into(&mut tokens.blanked);
        }
        Ok(tokens)
    }
}

/// Returns true for what means nothing between two tokens (GraphQL 2.1.7).
fn is_ignored(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma)
}

/// What the brackets around a token contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Parentheses whose first token decides what they contain.
    Parentheses,
    /// Names with values, and which part of one comes next.
    Fields(Next),
    Variables,
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Name,
    Colon,
    Value,
    VariableName,
}

/// Follows the tokens of a document as far as the rules need it.
#[derive(Debug, Default)]
struct Grammar {
    /// The brackets around the current token. Selection sets are not among them.
    inside: Vec<Inside>,
    previous: Option<TokenKind>,
}

impl Grammar {
    /// Takes the next token. Returns what is wrong with it.
    fn check(&mut self, token: &Token) -> Option<&'static str> {
        let kind = token.kind();
        let previous = self.previous.replace(kind);
        let is_block = token.data().starts_with("\"\"\"");
        if kind == TokenKind::StringValue && !is_block && token.data().contains(['\n', '\r']) {
            return Some("a string without triple quotes must end on its line");
        }
        if self.inside.is_empty()
            && kind == TokenKind::RCurly
            && previous == Some(TokenKind::LCurly)
        {
            return Some("expected a selection between the braces");
        }
        if self.inside.last() == Some(&Inside::Parentheses) {
            let is_variable = matches!(kind, TokenKind::Dollar | TokenKind::StringValue);
            self.inside.pop();
            self.inside.push(if is_variable {
                Inside::Variables
            } else {
                Inside::Fields(Next::Name)
            });
        }
        match (self.inside.last_mut(), kind) {
            (Some(Inside::Fields(next @ Next::Colon)), TokenKind::Colon) => *next = Next::Value,
            (Some(Inside::Fields(Next::Colon)), _) => return Some("expected a colon"),
            (_, TokenKind::LParen) => self.inside.push(Inside::Parentheses),
            (Some(_), TokenKind::LCurly) => self.inside.push(Inside::Fields(Next::Name)),
            (Some(_), TokenKind::LBracket) => self.inside.push(Inside::List),
            (Some(_), TokenKind::RParen | TokenKind::RCurly | TokenKind::RBracket) => {
                self.inside.pop();
                if let Some(Inside::Fields(next)) = self.inside.last_mut() {
                    *next = Next::Name;
                }
            }
            (Some(Inside::Fields(next)), kind) => {
                *next = match (*next, kind) {
                    (Next::Name, TokenKind::Name) => Next::Colon,
                    (Next::Value, TokenKind::Dollar) => Next::VariableName,
                    _ => Next::Name,
                }
            }
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<(usize, String)> {
        let problem = Tokens::read(text, 1000).unwrap().problem?;
        Some((problem.offset.unwrap(), problem.message))
    }

    #[test]
    fn names_of_arguments_and_input_fields_need_a_colon() {
        for (text, offset) in [
            ("{ a(b) }", 5),
            ("{ a(b 1) }", 6),
            ("{ a(b, c: 1) }", 7),
            ("{ a(b: 1 c) }", 10),
            ("{ a(b: $c d) }", 11),
            ("{ a(b: [1] d) }", 12),
            ("{ a(b: {c}) }", 9),
            ("{ a(b: {c: [{d}]}) }", 14),
            ("{ a @skip(if true) }", 13),
            ("query($a: O = {b}) { a }", 16),
            ("query(\"text\" $a: Int @d(b)) { a }", 25),
        ] {
            assert_eq!(
                problem(text),
                Some((offset, "Syntax error: expected a colon.".into())),
                "{text}"
            );
        }
    }

    #[test]
    fn selection_sets_and_strings_are_checked() {
        assert_eq!(problem("{ a {,} }").map(|it| it.0), Some(6));
        assert_eq!(problem("{ a(b: \"\n\") }").map(|it| it.0), Some(7));
    }

    #[test]
    fn well_formed_documents_pass() {
        for text in [
            "{ a }",
            "{ a(b: 1, c: $d, e: E f: true, g: \"\" h: {}, i: [], j: [[$k, {l: [1]}]]) { m(n: 1.5) } }",
            "query Q($a: [[Int!]!] = [[1]] @d(b: {c: 1}), $e: O = {f: $g}) @h(i: \"\"\"\n\"\"\") { j @k }",
            "\"text\" query(\"text\" $a: Int) { ...F @include(if: $a) } fragment F on Q { a: b(c: null) }",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn ignored_tokens_become_blanks() {
        let tokens = Tokens::read("\u{feff}{a,#é\nb(c:\"#,\")}", 1000).unwrap();
        assert_eq!(tokens.blanked, "   {a     b(c:\"#,\")}");
        assert_eq!(tokens.count, 9);
    }
}
