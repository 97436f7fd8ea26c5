//! Parses and validates documents: the first step for every text that is not in the cache.
//!
//! apollo-compiler parses and checks the rules of the specification, and `rules.rs` the few that
//! it misses. The limits on the text apply before anything is parsed.

use std::sync::Arc;

use super::{
    limits::{DocumentLimits, LimitExceeded},
    problem::Problem,
    rules::{self, DocumentSummary},
    syntax::Tokens,
};
use apollo_compiler::{
    ExecutableDocument, Schema,
    diagnostic::ToCliReport,
    parser::Parser,
    parser::SourceSpan,
    validation::{DiagnosticList, Valid},
};

/// The most levels of nested selection sets, lists and objects. The parser and the steps after it
/// recurse once for each.
const MAX_NESTING: usize = 100;

/// The most fragments of a document, times its operations: the validation visits each fragment once
/// for each operation.
const MAX_FRAGMENT_VISITS: u64 = 2000;

/// A document that has passed the validation.
#[derive(Debug)]
pub struct ValidDocument {
    pub document: Valid<ExecutableDocument>,
    /// The text that the client sent.
    pub text: Arc<str>,
    /// The number of tokens of the text.
    pub tokens: usize,
    pub summary: DocumentSummary,
}

/// Why a document is rejected.
#[derive(Debug, Clone)]
pub enum DocumentError {
    /// The text does not match the grammar: the first place where it does not.
    Syntax(Problem),
    /// The document breaks rules of the specification.
    Invalid(Vec<Problem>),
    LimitExceeded(LimitExceeded),
}

impl From<LimitExceeded> for DocumentError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::LimitExceeded(exceeded)
    }
}

/// Parses and validates documents for one schema.
#[derive(Debug, Clone)]
pub struct Validator {
    schema: Arc<Valid<Schema>>,
    limits: DocumentLimits,
}

impl Validator {
    pub fn new(schema: Arc<Valid<Schema>>, limits: DocumentLimits) -> Self {
        Self { schema, limits }
    }

    /// Parses and validates a document, and applies the limits on its text.
    pub fn validate(&self, text: &str) -> Result<ValidDocument, DocumentError> {
        let tokens = Tokens::read(text, self.limits.tokens)?;
        LimitExceeded::check("bytes", text.len() as u64, self.limits.bytes as u64)?;
        let mut parser = Parser::new().recursion_limit(MAX_NESTING);
        let ast = parser.parse_ast(tokens.blanked, "");
        let nesting = parser.recursion_reached() as u64;
        LimitExceeded::check("levels of nesting", nesting, MAX_NESTING as u64)?;
        let ast = match (ast, tokens.problem) {
            (Ok(ast), None) => ast,
            (Ok(_), Some(problem)) => return Err(DocumentError::Syntax(problem)),
            (Err(failed), problem) => {
                // What follows the first error of the parser is a guess.
                let found = problem.into_iter().chain(problems_of(&failed.errors, |_| true));
                let first = found.min_by_key(|problem| problem.offset).unwrap_or_default();
                return Err(DocumentError::Syntax(first));
            }
        };
        let (summary, broken) = rules::check(&ast);
        LimitExceeded::check("aliases", summary.aliases as u64, self.limits.aliases as u64)?;
        let directives = summary.directives as u64;
        LimitExceeded::check("directives", directives, self.limits.directives as u64)?;
        let visits = summary.fragments.saturating_mul(summary.operations) as u64;
        LimitExceeded::check("fragments, times operations", visits, MAX_FRAGMENT_VISITS)?;
        let (document, mut problems) = match ast.to_executable_validate(&self.schema) {
            Ok(document) => (document, Vec::new()),
            Err(failed) => (
                Valid::assume_valid(failed.partial),
                problems_of(&failed.errors, is_left_to_compiler),
            ),
        };
        if let Some(without) = rules::without_null_defaults(&ast)
            && let Err(failed) = without.to_executable_validate(&self.schema)
        {
            let is_position = |rule: Option<&str>| rule == Some("DisallowedVariableUsage");
            problems.extend(problems_of(&failed.errors, is_position));
        }
        problems.extend(broken);
        problems.extend(rules::several_root_fields(&document));
        if problems.is_empty() {
            let (text, tokens) = (text.into(), tokens.count);
            return Ok(ValidDocument { document, text, tokens, summary });
        }
        problems.sort_by_key(|problem| problem.offset);
        problems.dedup();
        Err(DocumentError::Invalid(problems))
    }
}

/// The names of apollo-compiler's diagnostics of literals that are not of the type of their position.
const VALUE_DIAGNOSTICS: [&str; 6] = [
    "UnsupportedValueType",
    "IntCoercionError",
    "FloatCoercionError",
    "UndefinedEnumValue",
    "UndefinedInputValue",
    "RequiredField",
];

/// Returns true for the rules that are left to apollo-compiler: [`rules::several_root_fields`] finds the
/// problems of the other one.
fn is_left_to_compiler(rule: Option<&str>) -> bool {
    rule != Some("SubscriptionUsesMultipleFields")
}

/// Returns the problems that apollo-compiler found, of the rules with these names.
fn problems_of(diagnostics: &DiagnosticList, rule: impl Fn(Option<&str>) -> bool) -> Vec<Problem> {
    let diagnostics = diagnostics.iter().map(|diagnostic| diagnostic.error);
    let diagnostics = diagnostics.filter(|error| rule(error.unstable_error_name()));
    let problems = diagnostics.map(|error| Problem {
        message: sentence(&error.to_string()),
        is_value: error.unstable_error_name().is_some_and(|it| VALUE_DIAGNOSTICS.contains(&it)),
        offset: error.location().as_ref().map(SourceSpan::offset),
    });
    problems.collect()
}

/// Turns a diagnostic of the compiler, which is a clause, into a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    let end = if clause.ends_with(['.', '?', '!']) { "" } else { "." };
    first.chain(characters).chain(end.chars()).collect()
}
