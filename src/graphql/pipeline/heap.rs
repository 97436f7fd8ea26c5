//! The heap memory of documents, so that a cache can be bounded by what it really takes.
//!
//! A document is many small allocations: one for each node, list and name. [`Heap::heap`] adds up those
//! of a value, and not the value itself. What a document shares with the schema is not counted: the
//! definitions of its fields and the names of their types. `tests/heap.rs` compares the sums with what
//! an allocator is asked for. The values of variables are weighed as well, while a request waits.

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{Argument, Directive, DirectiveList, Type, Value, VariableDefinition},
    executable::{
        Field, Fragment, FragmentSpread, InlineFragment, Operation, Selection, SelectionSet,
    },
    parser::SourceSpan,
};
use async_graphql::{
    Positioned, Variables,
    parser::types::{self as lowered, BaseType, DocumentOperations},
};
use async_graphql_value::ConstValue;

use super::normalization::{NormalField, TypeSelection};

/// The counters of an `Arc`.
const ARC: usize = 2 * size_of::<usize>();
/// The counter, the place and the extension of a [`Node`].
const NODE: usize = size_of::<usize>() + size_of::<Option<SourceSpan>>() + size_of::<usize>();
/// The map of a document's source files, with an entry.
const SOURCE: usize = 320;

/// Returns the memory that an allocator takes for a block of this size: its header, rounded up.
pub fn block(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { (bytes + size_of::<usize>()).next_multiple_of(16) }
}

/// Returns the memory of an `Arc<str>`, or of another shared block of this many bytes.
pub fn shared(bytes: usize) -> usize {
    block(ARC + bytes)
}

/// Returns the memory of a hash map without that of its keys and values.
pub fn table(capacity: usize, entry: usize) -> usize {
    // One byte of control for each slot, and one of eight slots stays empty.
    block((capacity * (entry + 1) * 8).div_ceil(7))
}

/// A value that owns heap memory.
pub trait Heap {
    /// Returns the heap memory that the value owns, in bytes.
    fn heap(&self) -> usize;
}

impl<T: Heap> Heap for Option<T> {
    fn heap(&self) -> usize {
        self.as_ref().map_or(0, Heap::heap)
    }
}

impl<T: Heap> Heap for Vec<T> {
    fn heap(&self) -> usize {
        block(self.capacity() * size_of::<T>()) + self.iter().map(Heap::heap).sum::<usize>()
    }
}

impl<T: Heap> Heap for Node<T> {
    fn heap(&self) -> usize {
        block(NODE + size_of::<T>()) + T::heap(self)
    }
}

impl Heap for Node<str> {
    fn heap(&self) -> usize {
        block(NODE + self.len())
    }
}

impl Heap for Name {
    fn heap(&self) -> usize {
        shared(self.len())
    }
}

impl Heap for ExecutableDocument {
    fn heap(&self) -> usize {
        let sources = self.sources.values().map(|it| SOURCE + block(it.source_text().len()));
        let sources: usize = sources.sum();
        let operations: usize = self.operations.iter().map(Heap::heap).sum();
        let fragments: usize = self.fragments.values().map(Heap::heap).sum();
        let maps = [self.operations.named.capacity(), self.fragments.capacity()];
        let maps = maps.map(index_map::<Name, Node<()>>);
        sources + operations + fragments + maps.iter().sum::<usize>()
    }
}

/// Returns the memory of an `IndexMap` without that of its keys and values.
fn index_map<K, V>(capacity: usize) -> usize {
    let entry = size_of::<usize>() + size_of::<K>() + size_of::<V>();
    block(capacity * entry) + table(capacity, size_of::<usize>())
}

impl Heap for Operation {
    fn heap(&self) -> usize {
        self.description.heap()
            + self.name.heap()
            + self.variables.heap()
            + self.directives.heap()
            + self.selection_set.heap()
    }
}

impl Heap for Fragment {
    fn heap(&self) -> usize {
        // Its type condition is its own name, not the schema's.
        self.description.heap()
            + self.name.heap()
            + self.selection_set.ty.heap()
            + self.directives.heap()
            + self.selection_set.heap()
    }
}

impl Heap for VariableDefinition {
    fn heap(&self) -> usize {
        self.description.heap()
            + self.name.heap()
            + self.ty.heap()
            + self.default_value.heap()
            + self.directives.heap()
    }
}

impl Heap for Type {
    fn heap(&self) -> usize {
        match self {
            Self::Named(name) | Self::NonNullNamed(name) => name.heap(),
            Self::List(item) | Self::NonNullList(item) => block(size_of::<Self>()) + item.heap(),
        }
    }
}

impl Heap for SelectionSet {
    fn heap(&self) -> usize {
        self.selections.heap()
    }
}

impl Heap for Selection {
    fn heap(&self) -> usize {
        match self {
            Self::Field(field) => field.heap(),
            Self::FragmentSpread(spread) => spread.heap(),
            Self::InlineFragment(inline) => inline.heap(),
        }
    }
}

impl Heap for Field {
    fn heap(&self) -> usize {
        self.alias.heap()
            + self.name.heap()
            + self.arguments.heap()
            + self.directives.heap()
            + self.selection_set.heap()
    }
}

impl Heap for FragmentSpread {
    fn heap(&self) -> usize {
        self.fragment_name.heap() + self.directives.heap()
    }
}

impl Heap for InlineFragment {
    fn heap(&self) -> usize {
        self.type_condition.heap() + self.directives.heap() + self.selection_set.heap()
    }
}

impl Heap for DirectiveList {
    fn heap(&self) -> usize {
        self.0.heap()
    }
}

impl Heap for Directive {
    fn heap(&self) -> usize {
        self.name.heap() + self.arguments.heap()
    }
}

impl Heap for Argument {
    fn heap(&self) -> usize {
        self.name.heap() + self.value.heap()
    }
}

impl Heap for (Name, Node<Value>) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap()
    }
}

impl Heap for Value {
    fn heap(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) => 0,
            Self::Enum(name) | Self::Variable(name) => name.heap(),
            Self::String(text) => block(text.capacity()),
            Self::Int(number) => block(number.as_str().len()),
            Self::Float(number) => block(number.as_str().len()),
            Self::List(items) => items.heap(),
            Self::Object(fields) => fields.heap(),
        }
    }
}

impl Heap for NormalField {
    fn heap(&self) -> usize {
        // The node is the document's.
        self.selected.heap()
    }
}

impl Heap for TypeSelection {
    fn heap(&self) -> usize {
        self.fields.heap()
    }
}

impl Heap for async_graphql::Name {
    fn heap(&self) -> usize {
        shared(self.len())
    }
}

impl<T: Heap> Heap for Positioned<T> {
    fn heap(&self) -> usize {
        self.node.heap()
    }
}

impl<K: Heap, V: Heap> Heap for (Positioned<K>, Positioned<V>) {
    fn heap(&self) -> usize {
        self.0.heap() + self.1.heap()
    }
}

/// The documents that `lowering.rs` makes: one operation, without fragments, directives and defaults.
impl Heap for lowered::ExecutableDocument {
    fn heap(&self) -> usize {
        match &self.operations {
            DocumentOperations::Single(operation) => operation.heap(),
            DocumentOperations::Multiple(operations) => {
                operations.values().map(Heap::heap).sum::<usize>()
            }
        }
    }
}

impl Heap for lowered::OperationDefinition {
    fn heap(&self) -> usize {
        self.variable_definitions.heap() + self.selection_set.heap()
    }
}

impl Heap for lowered::VariableDefinition {
    fn heap(&self) -> usize {
        self.name.heap() + self.var_type.heap()
    }
}

impl Heap for lowered::Type {
    fn heap(&self) -> usize {
        match &self.base {
            BaseType::Named(name) => name.heap(),
            BaseType::List(item) => block(size_of::<Self>()) + item.heap(),
        }
    }
}

impl Heap for lowered::SelectionSet {
    fn heap(&self) -> usize {
        self.items.heap()
    }
}

impl Heap for lowered::Selection {
    fn heap(&self) -> usize {
        match self {
            Self::Field(field) => field.heap(),
            Self::InlineFragment(inline) => inline.heap(),
            Self::FragmentSpread(spread) => spread.node.fragment_name.heap(),
        }
    }
}

impl Heap for lowered::Field {
    fn heap(&self) -> usize {
        self.alias.heap() + self.name.heap() + self.arguments.heap() + self.selection_set.heap()
    }
}

impl Heap for lowered::InlineFragment {
    fn heap(&self) -> usize {
        self.type_condition.heap() + self.selection_set.heap()
    }
}

impl Heap for lowered::TypeCondition {
    fn heap(&self) -> usize {
        self.on.heap()
    }
}

impl Heap for async_graphql_value::Value {
    fn heap(&self) -> usize {
        match self {
            Self::Variable(name) | Self::Enum(name) => name.heap(),
            Self::String(text) => block(text.capacity()),
            Self::Binary(bytes) => block(bytes.len()),
            Self::List(items) => items.heap(),
            Self::Object(fields) => {
                let parts = fields.iter().map(|(name, value)| name.heap() + value.heap());
                index_map::<async_graphql::Name, Self>(fields.capacity()) + parts.sum::<usize>()
            }
            Self::Null | Self::Number(_) | Self::Boolean(_) => 0,
        }
    }
}

impl Heap for ConstValue {
    fn heap(&self) -> usize {
        match self {
            Self::Enum(name) => name.heap(),
            Self::String(text) => block(text.capacity()),
            Self::Binary(bytes) => block(bytes.len()),
            Self::List(items) => items.heap(),
            Self::Object(fields) => {
                let parts = fields.iter().map(|(name, value)| name.heap() + value.heap());
                index_map::<async_graphql::Name, Self>(fields.capacity()) + parts.sum::<usize>()
            }
            Self::Null | Self::Number(_) | Self::Boolean(_) => 0,
        }
    }
}

impl Heap for Variables {
    fn heap(&self) -> usize {
        let entry = size_of::<async_graphql::Name>() + size_of::<ConstValue>();
        self.iter().map(|(name, value)| block(entry) + name.heap() + value.heap()).sum()
    }
}
