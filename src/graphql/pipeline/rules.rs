//! The rules of documents that apollo-compiler 2.0.0-beta.2 does not check as the specification
//! states them, and the counts of the whole document that the limits apply to.
//!
//! * All Variable Usages Are Allowed (GraphQL 5.8.5): it lets a nullable variable with the default
//!   null stand where null is not allowed.
//! * Single Root Field (GraphQL 5.2.4.1): it counts the root selections of a subscription, and not
//!   their response keys.
//! * Input Object Field Uniqueness (GraphQL 5.6.4): its types for schemas report duplicate fields,
//!   its types for documents keep them.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{
        Argument, Definition, DirectiveList, Document, OperationDefinition, Selection, Value,
        VariableDefinition,
    },
};

use super::problem::Problem;

/// What a whole document contains, in operations that run and in others.
#[derive(Debug, Default)]
pub struct DocumentSummary {
    pub aliases: usize,
    pub directives: usize,
    pub operations: usize,
    pub fragments: usize,
    /// The variables that decide whether a selection is included.
    pub conditions: HashSet<Name>,
}

/// Visits a document, which the parser's recursion limit keeps shallow. Returns what it contains
/// and the rules that it breaks, in the order of the text.
pub fn check(document: &Document) -> (DocumentSummary, Vec<Problem>) {
    let mut visitor = Visitor::default();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                visitor.summary.operations += 1;
                visitor.operation(operation);
            }
            Definition::FragmentDefinition(fragment) => {
                visitor.summary.fragments += 1;
                visitor.directives(&fragment.directives);
                visitor.selections(&fragment.selection_set);
            }
            // apollo-compiler rejects all others.
            _ => {}
        }
    }
    (visitor.summary, visitor.broken)
}

/// Returns the subscriptions of a document that do not have exactly one root field.
pub fn several_root_fields(document: &ExecutableDocument) -> Vec<Problem> {
    let subscriptions = document.operations.iter().filter(|operation| operation.is_subscription());
    let several = subscriptions.filter(|operation| {
        let keys = operation.root_fields(document).map(|field| field.response_name());
        keys.collect::<HashSet<_>>().len() != 1
    });
    several
        .map(|operation| {
            Problem::new("A subscription must have exactly one root field.", operation.location())
        })
        .collect()
}

/// Returns a copy of a document without the variable defaults that are null, or `None` if it has
/// none. Where a variable may be used, such a default counts for nothing.
pub fn without_null_defaults(document: &Document) -> Option<Document> {
    let is_null = |variable: &Node<VariableDefinition>| {
        variable.default_value.as_ref().is_some_and(|default| default.is_null())
    };
    let mut without = None;
    for (index, definition) in document.definitions.iter().enumerate() {
        let Definition::OperationDefinition(operation) = definition else { continue };
        if !operation.variables.iter().any(is_null) {
            continue;
        }
        let mut operation = operation.clone();
        for variable in operation.make_mut().variables.iter_mut().filter(|it| is_null(it)) {
            variable.make_mut().default_value = None;
        }
        let without = without.get_or_insert_with(|| document.clone());
        without.definitions[index] = Definition::OperationDefinition(operation);
    }
    without
}

#[derive(Default)]
struct Visitor {
    summary: DocumentSummary,
    broken: Vec<Problem>,
}

impl Visitor {
    fn operation(&mut self, operation: &Node<OperationDefinition>) {
        self.directives(&operation.directives);
        for variable in &operation.variables {
            self.directives(&variable.directives);
            if let Some(default) = &variable.default_value {
                self.value(default);
            }
        }
        self.selections(&operation.selection_set);
    }

    fn selections(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.summary.aliases += usize::from(field.alias.is_some());
                    self.arguments(&field.arguments);
                    self.directives(&field.directives);
                    if let Some(selections) = &field.selection_set {
                        self.selections(selections);
                    }
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.directives),
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.selections(&inline.selection_set);
                }
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.summary.directives += directives.len();
        for directive in directives {
            self.arguments(&directive.arguments);
            if matches!(directive.name.as_str(), "skip" | "include")
                && let Some(Value::Variable(name)) =
                    directive.specified_argument_by_name("if").map(|value| &**value)
            {
                self.summary.conditions.insert(name.clone());
            }
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        for argument in arguments {
            self.value(&argument.value);
        }
    }

    fn value(&mut self, value: &Node<Value>) {
        match &**value {
            Value::List(items) => items.iter().for_each(|item| self.value(item)),
            Value::Object(fields) => {
                let mut names = HashSet::new();
                for (name, value) in fields {
                    if !names.insert(name) {
                        let message = format!("The input field `{name}` is provided twice.");
                        self.broken.push(Problem::new(message, name.location()));
                    }
                    self.value(value);
                }
            }
            _ => {}
        }
    }
}
