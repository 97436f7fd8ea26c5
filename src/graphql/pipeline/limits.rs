//! Limits on documents: the cost of a request is computed before any of it is executed.
//!
//! The computation takes time linear in the size of the document. The tokens are counted before the
//! text is parsed, and each fragment is measured once, however often it is spread.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::{
    Name, Positioned, ServerError, Value, Variables,
    parser::{
        parse_query, parse_schema,
        types::{
            ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet, TypeKind,
            TypeSystemDefinition,
        },
    },
};
use serde::Serialize;

use crate::domain::Pagination;

/// The most levels of nested brackets. The parser recurses once for each.
const MAX_BRACKETS: usize = 100;

/// The most that one document may request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes of the text. The other limits do not bound the length of a comment or string.
    pub bytes: usize,
    /// Tokens of the text. Commas and comments are not counted.
    pub tokens: usize,
    /// Aliases in the whole document.
    pub aliases: usize,
    /// Directives in the whole document.
    pub directives: usize,
    /// Levels of nested fields. The fields of an introspection query count as one level.
    pub depth: usize,
    /// Fields of all operations, counted as often as fragments repeat them.
    pub selections: u64,
    /// Objects that connections and lists of ids can return, computed from `first`, `last`, `ids`
    /// and the variables.
    pub nodes: u64,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            bytes: 100_000,
            tokens: 4_000,
            aliases: 30,
            directives: 50,
            depth: 15,
            selections: 5_000,
            nodes: 10_000,
        }
    }
}

/// What a document requests, in the units of [`DocumentLimits`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    pub tokens: usize,
    pub aliases: usize,
    pub directives: usize,
    pub depth: usize,
    pub selections: u64,
    pub nodes: u64,
}

/// Why a document is rejected.
#[derive(Debug, Clone)]
pub enum DocumentError {
    /// The text is not a GraphQL document.
    Syntax(ServerError),
    /// The fragment with this name spreads itself, directly or through others.
    FragmentCycle(Name),
    /// The document has `found` of `what`, and the limit is `limit`.
    LimitExceeded { what: &'static str, found: u64, limit: u64 },
}

/// Computes and limits the cost of documents for one schema.
#[derive(Debug, Clone)]
pub struct CostAnalyzer {
    limits: DocumentLimits,
    /// The names of the fields that return connections: those with an argument `first`.
    paged: Arc<HashSet<Name>>,
}

impl CostAnalyzer {
    /// Creates the analyzer for the schema with this SDL.
    pub fn new(limits: DocumentLimits, sdl: &str) -> Self {
        let mut paged = HashSet::new();
        for definition in parse_schema(sdl).map(|document| document.definitions).unwrap_or_default()
        {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                _ => continue,
            };
            let pages = fields.into_iter().filter(|field| {
                field.node.arguments.iter().any(|argument| argument.node.name.node == "first")
            });
            paged.extend(pages.map(|field| field.node.name.node));
        }
        Self { limits, paged: Arc::new(paged) }
    }

    /// Parses a document. Returns it with its number of tokens.
    pub fn parse(&self, text: &str) -> Result<(ExecutableDocument, usize), DocumentError> {
        let tokens = count_tokens(text, self.limits.tokens)?;
        let bytes = self.limits.bytes;
        if text.len() > bytes {
            let (found, limit) = (text.len() as u64, bytes as u64);
            return Err(DocumentError::LimitExceeded { what: "bytes", found, limit });
        }
        let document = parse_query(text).map_err(|error| DocumentError::Syntax(error.into()))?;
        Ok((document, tokens))
    }

    /// Returns the cost of a document with these variables, or an error if it exceeds a limit.
    /// `tokens` is 0: [`CostAnalyzer::parse`] counts them.
    pub fn analyze(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
    ) -> Result<Cost, DocumentError> {
        let cost = self.measure(document, variables)?;
        self.check(&cost)?;
        Ok(cost)
    }

    /// Returns the cost of a document with these variables. `tokens` is 0: [`CostAnalyzer::parse`]
    /// counts them.
    pub fn measure(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
    ) -> Result<Cost, DocumentError> {
        let mut visitor = CostVisitor {
            analyzer: self,
            document,
            variables,
            defaults: variable_defaults(document),
            fragments: HashMap::new(),
            aliases: 0,
            directives: 0,
        };
        let mut total = SelectionCost::default();
        for name in document.fragments.keys() {
            visitor.fragment(name)?;
        }
        for (_, operation) in document.operations.iter() {
            visitor.directives += operation.node.directives.len();
            let variables = &operation.node.variable_definitions;
            visitor.directives +=
                variables.iter().map(|it| it.node.directives.len()).sum::<usize>();
            let measure = visitor.selection_set(&operation.node.selection_set)?;
            total.depth = total.depth.max(measure.depth);
            total.nodes = total.nodes.max(measure.nodes);
            total.selections = total.selections.saturating_add(measure.selections);
        }
        let SelectionCost { depth, selections, nodes } = total;
        let CostVisitor { aliases, directives, .. } = visitor;
        Ok(Cost { tokens: 0, aliases, directives, depth, selections, nodes })
    }

    fn check(&self, cost: &Cost) -> Result<(), DocumentError> {
        let limits = &self.limits;
        for (what, found, limit) in [
            ("aliases", cost.aliases as u64, limits.aliases as u64),
            ("directives", cost.directives as u64, limits.directives as u64),
            ("levels of fields", cost.depth as u64, limits.depth as u64),
            ("fields", cost.selections, limits.selections),
            ("nodes", cost.nodes, limits.nodes),
        ] {
            if found > limit {
                return Err(DocumentError::LimitExceeded { what, found, limit });
            }
        }
        Ok(())
    }
}

/// The cost of a selection set.
#[derive(Debug, Clone, Copy, Default)]
struct SelectionCost {
    depth: usize,
    selections: u64,
    nodes: u64,
}

/// Whether a fragment has been measured.
enum FragmentState {
    /// The visitor is inside the fragment.
    Open,
    Measured(SelectionCost),
}

/// Visits a document and adds up its cost.
struct CostVisitor<'d> {
    analyzer: &'d CostAnalyzer,
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    defaults: HashMap<&'d Name, &'d Value>,
    fragments: HashMap<&'d Name, FragmentState>,
    aliases: usize,
    directives: usize,
}

impl<'d> CostVisitor<'d> {
    fn selection_set(
        &mut self,
        set: &'d Positioned<SelectionSet>,
    ) -> Result<SelectionCost, DocumentError> {
        let mut total = SelectionCost::default();
        for selection in &set.node.items {
            let measure = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => {
                    self.directives += inline.node.directives.len();
                    self.selection_set(&inline.node.selection_set)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives += spread.node.directives.len();
                    match self.document.fragments.get_key_value(&spread.node.fragment_name.node) {
                        Some((name, _)) => self.fragment(name)?,
                        None => SelectionCost::default(),
                    }
                }
            };
            total.depth = total.depth.max(measure.depth);
            total.selections = total.selections.saturating_add(measure.selections);
            total.nodes = total.nodes.saturating_add(measure.nodes);
        }
        Ok(total)
    }

    fn field(&mut self, field: &'d Field) -> Result<SelectionCost, DocumentError> {
        self.aliases += usize::from(field.alias.is_some());
        self.directives += field.directives.len();
        let inner = self.selection_set(&field.selection_set)?;
        let introspection = matches!(field.name.node.as_str(), "__schema" | "__type");
        let items = self.items(field);
        Ok(SelectionCost {
            depth: if introspection { 1 } else { inner.depth + 1 },
            selections: inner.selections.saturating_add(1),
            nodes: match items {
                None => inner.nodes,
                Some(items) => items.saturating_mul(inner.nodes.saturating_add(1)),
            },
        })
    }

    /// Returns the most objects that the field itself can return, and `None` if it returns neither
    /// a connection nor a list of nodes.
    fn items(&self, field: &Field) -> Option<u64> {
        if let Some(ids) = self.argument(field, "ids") {
            return Some(if let Value::List(ids) = ids { ids.len() as u64 } else { 1 });
        }
        if !self.analyzer.paged.contains(&field.name.node) {
            return None;
        }
        let sizes = ["first", "last"].into_iter().filter_map(|name| self.argument(field, name));
        let sizes = sizes.filter_map(|size| match size {
            Value::Number(size) => size.as_i64(),
            _ => None,
        });
        // Pages of other sizes fail.
        let size = sizes.max().map(|size| size.clamp(0, Pagination::MAX as i64).unsigned_abs());
        Some(size.unwrap_or(Pagination::DEFAULT as u64))
    }

    /// Returns the value of an argument with its variables replaced by their values. Returns `None`
    /// if the argument or one of the variables is missing.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?.node.clone();
        let variable = |name| {
            let given = self.variables.get(&name);
            given.or_else(|| self.defaults.get(&name).copied()).cloned().ok_or(())
        };
        value.into_const_with(variable).ok()
    }

    fn fragment(&mut self, name: &'d Name) -> Result<SelectionCost, DocumentError> {
        match self.fragments.get(name) {
            Some(FragmentState::Measured(measure)) => return Ok(*measure),
            Some(FragmentState::Open) => return Err(DocumentError::FragmentCycle(name.clone())),
            None => {}
        }
        let Some(fragment): Option<&'d Positioned<FragmentDefinition>> =
            self.document.fragments.get(name)
        else {
            return Ok(SelectionCost::default());
        };
        self.fragments.insert(name, FragmentState::Open);
        self.directives += fragment.node.directives.len();
        let measure = self.selection_set(&fragment.node.selection_set)?;
        self.fragments.insert(name, FragmentState::Measured(measure));
        Ok(measure)
    }
}

/// Returns the default values of the variables of all operations.
fn variable_defaults(document: &ExecutableDocument) -> HashMap<&Name, &Value> {
    let operations = document.operations.iter();
    let variables = operations.flat_map(|(_, operation)| &operation.node.variable_definitions);
    variables
        .filter_map(|variable| {
            let default = variable.node.default_value.as_ref()?;
            Some((&variable.node.name.node, &default.node))
        })
        .collect()
}

/// Counts the tokens of a document, and fails at the first one above the limit. Each character that
/// is not part of a token counts as one token: the parser reports it.
fn count_tokens(text: &str, limit: usize) -> Result<usize, DocumentError> {
    let exceeded = |what, found, limit| DocumentError::LimitExceeded { what, found, limit };
    let mut rest = text;
    let mut tokens = 0;
    let mut brackets = 0_usize;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}' => &rest[first.len_utf8()..],
            '#' => rest.trim_start_matches(|c| c != '\n' && c != '\r'),
            _ => {
                tokens += 1;
                if tokens > limit {
                    return Err(exceeded("tokens", tokens as u64, limit as u64));
                }
                match first {
                    '{' | '[' | '(' => brackets += 1,
                    '}' | ']' | ')' => brackets = brackets.saturating_sub(1),
                    _ => {}
                }
                if brackets > MAX_BRACKETS {
                    let found = brackets as u64;
                    return Err(exceeded("levels of brackets", found, MAX_BRACKETS as u64));
                }
                after_token(rest, first)
            }
        };
    }
    Ok(tokens)
}

/// Returns the text after the token that `text` starts with. `first` is its first character.
fn after_token(text: &str, first: char) -> &str {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        // A block string ends at the next three quotes without a backslash before them.
        let mut from = 0;
        while let Some(quotes) = block[from..].find("\"\"\"").map(|at| from + at) {
            if !block[..quotes].ends_with('\\') {
                return &block[quotes + 3..];
            }
            from = quotes + 3;
        }
        return "";
    }
    if let Some(string) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = string.find(|c| {
            let ends = matches!(c, '"' | '\n' | '\r') && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return end.map_or("", |end| &string[end + 1..]);
    }
    if first.is_ascii_alphanumeric() || matches!(first, '_' | '-') {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-');
        let rest = &text[1..];
        return rest.trim_start_matches(word);
    }
    text.strip_prefix("...").unwrap_or(&text[first.len_utf8()..])
}
