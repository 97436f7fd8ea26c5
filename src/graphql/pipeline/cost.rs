//! The cost of the operation that runs, which is computed before any of it is executed.

use apollo_compiler::{ast::Value as Literal, executable::Field};
use async_graphql::{Value, Variables};
use serde::Serialize;

use super::{
    limits::{DocumentLimits, LimitExceeded},
    normalization::{NormalField, TypeSelection},
};
use crate::domain::Pagination;

/// What a request costs, in the units of [`DocumentLimits`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    pub tokens: usize,
    pub aliases: usize,
    pub directives: usize,
    pub depth: usize,
    pub selections: u64,
    pub nodes: u64,
    pub fields: u64,
}

impl Cost {
    /// Fails at the first limit that the cost exceeds.
    pub fn check(&self, limits: &DocumentLimits) -> Result<(), LimitExceeded> {
        LimitExceeded::check("levels of fields", self.depth as u64, limits.depth as u64)?;
        LimitExceeded::check("selections", self.selections, limits.selections)?;
        LimitExceeded::check("nodes", self.nodes, limits.nodes)?;
        LimitExceeded::check("fields", self.fields, limits.fields)
    }

    /// Adds up the cost of fields of one object, in time linear in the number of fields below it.
    /// The counts of the whole document, which are tokens, aliases and directives, are 0.
    pub fn of(fields: &[NormalField], values: &Variables) -> Self {
        Self::of_fields(fields, values, None)
    }

    /// `page` is the number of items in the lists of a connection, if the fields are those of one.
    fn of_fields(fields: &[NormalField], values: &Variables, page: Option<u64>) -> Self {
        let costs = fields.iter().map(|field| Self::of_field(field, values, page));
        costs.fold(Self::default(), |total, cost| Self {
            depth: total.depth.max(cost.depth),
            selections: total.selections.saturating_add(cost.selections),
            nodes: total.nodes.saturating_add(cost.nodes),
            fields: total.fields.saturating_add(cost.fields),
            ..total
        })
    }

    fn of_field(field: &NormalField, values: &Variables, page: Option<u64>) -> Self {
        if is_introspection(&field.node) {
            // `introspection.rs` limits what is below.
            return Self { depth: 1, selections: 1, fields: 1, ..Self::default() };
        }
        let ids = list_of_ids(&field.node, values);
        let size = page_size(&field.node, values);
        // Of an object of several types, only one is returned.
        let below = field
            .selected
            .iter()
            .map(|TypeSelection { fields, .. }| Self::of_fields(fields, values, size));
        let below = below.fold(Self::default(), Self::max);
        let in_page = page.filter(|_| field.node.ty().is_list());
        let repeated = in_page.or(ids).unwrap_or(1);
        let nodes = match ids.or(size) {
            None => below.nodes,
            Some(items) => items.saturating_mul(below.nodes.saturating_add(1)),
        };
        Self {
            depth: below.depth + 1,
            selections: below.selections.saturating_add(1),
            nodes,
            fields: repeated.saturating_mul(below.fields).saturating_add(1),
            ..below
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            selections: self.selections.max(other.selections),
            nodes: self.nodes.max(other.nodes),
            fields: self.fields.max(other.fields),
            ..self
        }
    }
}

/// Returns true if the field is about the schema.
pub fn is_introspection(field: &Field) -> bool {
    matches!(field.name.as_str(), "__schema" | "__type")
}

/// Returns the number of objects that the field fetches by their ids, `None` if it fetches none.
fn list_of_ids(field: &Field, values: &Variables) -> Option<u64> {
    let items = match literal(field, "ids")? {
        Literal::List(ids) => ids.len(),
        Literal::Variable(name) => match values.get(name.as_str())? {
            Value::List(ids) => ids.len(),
            _ => 1,
        },
        _ => 1,
    };
    Some(items as u64)
}

/// Returns the most items of the page that the field returns, `None` if it returns no connection.
fn page_size(field: &Field, values: &Variables) -> Option<u64> {
    field.definition.argument_by_name("first")?;
    let sizes = ["first", "last"].into_iter().filter_map(|name| match literal(field, name)? {
        Literal::Int(size) => size.as_str().parse().ok(),
        Literal::Variable(name) => match values.get(name.as_str())? {
            Value::Number(size) => size.as_i64(),
            _ => None,
        },
        _ => None,
    });
    // Pages of other sizes fail.
    let size = sizes.max().map(|size| size.clamp(0, Pagination::MAX as i64).unsigned_abs());
    Some(size.unwrap_or(Pagination::DEFAULT as u64))
}

fn literal<'f>(field: &'f Field, name: &str) -> Option<&'f Literal> {
    field.specified_argument_by_name(name).map(|value| &**value)
}
