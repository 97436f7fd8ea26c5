//! The document guard: what a request may cost is known before anything of it is run.
//!
//! Everything here takes time linear in the document. The text is counted token by token before it
//! is parsed, and each fragment is measured once, however often it is spread.

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

/// How deep brackets may stand in brackets. The parser descends once for each.
const MAX_BRACKETS: usize = 100;

/// How much one document may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text: one comment or string can be as long as it likes, and is read for long.
    pub bytes: usize,
    /// Tokens of the text; commas and comments are none.
    pub tokens: usize,
    /// Aliases in the whole document.
    pub aliases: usize,
    /// Directives in the whole document.
    pub directives: usize,
    /// Fields inside of fields, those of an introspection query left out.
    pub depth: usize,
    /// Fields of all operations, each as often as fragments repeat it.
    pub selections: u64,
    /// Objects that connections and lists of ids can give, by `first`, `last` and their variables.
    pub nodes: u64,
}

impl Default for Limits {
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

/// What a document asks for, in the terms of [`Limits`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    pub tokens: usize,
    pub aliases: usize,
    pub directives: usize,
    pub depth: usize,
    pub selections: u64,
    pub nodes: u64,
}

/// Why a document is not run.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// The text is no GraphQL document.
    Syntax(ServerError),
    /// A fragment is spread within itself.
    FragmentCycle(Name),
    /// It asks for more than is allowed: of what, how much, and how much may be.
    TooMuch { what: &'static str, found: u64, limit: u64 },
}

/// Judges documents for one schema.
#[derive(Debug, Clone)]
pub struct Guard {
    limits: Limits,
    /// The names of the fields that give a page: those with an argument `first`.
    paged: Arc<HashSet<Name>>,
}

impl Guard {
    /// A guard for the schema with this SDL.
    pub fn new(limits: Limits, sdl: &str) -> Self {
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

    /// Reads a document, and how many tokens it has.
    pub fn read(&self, text: &str) -> Result<(ExecutableDocument, usize), Refusal> {
        let tokens = count_tokens(text, self.limits.tokens)?;
        let bytes = self.limits.bytes;
        if text.len() > bytes {
            let (found, limit) = (text.len() as u64, bytes as u64);
            return Err(Refusal::TooMuch { what: "bytes", found, limit });
        }
        let document = parse_query(text).map_err(|error| Refusal::Syntax(error.into()))?;
        Ok((document, tokens))
    }

    /// What a document asks for that may be run with these variables; its tokens are not counted.
    pub fn admit(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
    ) -> Result<Cost, Refusal> {
        let cost = self.measure(document, variables)?;
        self.judge(&cost)?;
        Ok(cost)
    }

    /// What a document asks for; its tokens are not counted.
    pub fn measure(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
    ) -> Result<Cost, Refusal> {
        let mut meter = Meter {
            guard: self,
            document,
            variables,
            defaults: variable_defaults(document),
            fragments: HashMap::new(),
            aliases: 0,
            directives: 0,
        };
        let mut total = Measure::default();
        for name in document.fragments.keys() {
            meter.fragment(name)?;
        }
        for (_, operation) in document.operations.iter() {
            meter.directives += operation.node.directives.len();
            let variables = &operation.node.variable_definitions;
            meter.directives += variables.iter().map(|it| it.node.directives.len()).sum::<usize>();
            let measure = meter.selection_set(&operation.node.selection_set)?;
            total.depth = total.depth.max(measure.depth);
            total.nodes = total.nodes.max(measure.nodes);
            total.selections = total.selections.saturating_add(measure.selections);
        }
        let Measure { depth, selections, nodes } = total;
        let Meter { aliases, directives, .. } = meter;
        Ok(Cost { tokens: 0, aliases, directives, depth, selections, nodes })
    }

    fn judge(&self, cost: &Cost) -> Result<(), Refusal> {
        let limits = &self.limits;
        for (what, found, limit) in [
            ("aliases", cost.aliases as u64, limits.aliases as u64),
            ("directives", cost.directives as u64, limits.directives as u64),
            ("levels of fields", cost.depth as u64, limits.depth as u64),
            ("fields", cost.selections, limits.selections),
            ("nodes to give", cost.nodes, limits.nodes),
        ] {
            if found > limit {
                return Err(Refusal::TooMuch { what, found, limit });
            }
        }
        Ok(())
    }
}

/// What a selection set asks for.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    depth: usize,
    selections: u64,
    nodes: u64,
}

/// A fragment that has been measured, or is being.
enum Fragment {
    Open,
    Measured(Measure),
}

struct Meter<'d> {
    guard: &'d Guard,
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    defaults: HashMap<&'d Name, &'d Value>,
    fragments: HashMap<&'d Name, Fragment>,
    aliases: usize,
    directives: usize,
}

impl<'d> Meter<'d> {
    fn selection_set(&mut self, set: &'d Positioned<SelectionSet>) -> Result<Measure, Refusal> {
        let mut total = Measure::default();
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
                        None => Measure::default(),
                    }
                }
            };
            total.depth = total.depth.max(measure.depth);
            total.selections = total.selections.saturating_add(measure.selections);
            total.nodes = total.nodes.saturating_add(measure.nodes);
        }
        Ok(total)
    }

    fn field(&mut self, field: &'d Field) -> Result<Measure, Refusal> {
        self.aliases += usize::from(field.alias.is_some());
        self.directives += field.directives.len();
        let inner = self.selection_set(&field.selection_set)?;
        let introspection = matches!(field.name.node.as_str(), "__schema" | "__type");
        let items = self.items(field);
        Ok(Measure {
            depth: if introspection { 1 } else { inner.depth + 1 },
            selections: inner.selections.saturating_add(1),
            nodes: match items {
                None => inner.nodes,
                Some(items) => items.saturating_mul(inner.nodes.saturating_add(1)),
            },
        })
    }

    /// How many objects the field itself can give; none where it gives no page or list of nodes.
    fn items(&self, field: &Field) -> Option<u64> {
        if let Some(ids) = self.argument(field, "ids") {
            return Some(if let Value::List(ids) = ids { ids.len() as u64 } else { 1 });
        }
        if !self.guard.paged.contains(&field.name.node) {
            return None;
        }
        let sizes = ["first", "last"].into_iter().filter_map(|name| self.argument(field, name));
        let sizes = sizes.filter_map(|size| match size {
            Value::Number(size) => size.as_i64(),
            _ => None,
        });
        // A page of another size is answered with an error.
        let size = sizes.max().map(|size| size.clamp(0, Pagination::MAX as i64).unsigned_abs());
        Some(size.unwrap_or(Pagination::DEFAULT as u64))
    }

    /// The value of an argument, with its variables looked up; none where it or they are missing.
    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let value = field.get_argument(name)?.node.clone();
        let variable = |name| {
            let given = self.variables.get(&name);
            given.or_else(|| self.defaults.get(&name).copied()).cloned().ok_or(())
        };
        value.into_const_with(variable).ok()
    }

    fn fragment(&mut self, name: &'d Name) -> Result<Measure, Refusal> {
        match self.fragments.get(name) {
            Some(Fragment::Measured(measure)) => return Ok(*measure),
            Some(Fragment::Open) => return Err(Refusal::FragmentCycle(name.clone())),
            None => {}
        }
        let Some(fragment): Option<&'d Positioned<FragmentDefinition>> =
            self.document.fragments.get(name)
        else {
            return Ok(Measure::default());
        };
        self.fragments.insert(name, Fragment::Open);
        self.directives += fragment.node.directives.len();
        let measure = self.selection_set(&fragment.node.selection_set)?;
        self.fragments.insert(name, Fragment::Measured(measure));
        Ok(measure)
    }
}

/// The default values of all operations' variables.
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

/// Counts the tokens of a document, and stops at the first that is one too many. Text that is no
/// token counts as one a character: the parser will say what is wrong with it.
fn count_tokens(text: &str, limit: usize) -> Result<usize, Refusal> {
    let too_many = |what, found, limit| Refusal::TooMuch { what, found, limit };
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
                    return Err(too_many("tokens", tokens as u64, limit as u64));
                }
                match first {
                    '{' | '[' | '(' => brackets += 1,
                    '}' | ']' | ')' => brackets = brackets.saturating_sub(1),
                    _ => {}
                }
                if brackets > MAX_BRACKETS {
                    let found = brackets as u64;
                    return Err(too_many("brackets in brackets", found, MAX_BRACKETS as u64));
                }
                after_token(rest, first)
            }
        };
    }
    Ok(tokens)
}

/// What follows the token that `text` begins with; `first` is its first character.
fn after_token(text: &str, first: char) -> &str {
    if let Some(block) = text.strip_prefix("\"\"\"") {
        // A block string ends at the next three quotes that have no backslash before them.
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
