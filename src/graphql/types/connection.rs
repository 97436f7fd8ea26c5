//! Connections: pages of lists as Relay's specification defines them.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{
    ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
    connection::{self, CursorType, EmptyFields},
    parser::types::Field,
    registry::Registry,
};

use crate::{
    domain::{Cursor, LogPosition, Page, Snapshot, WithSnapshot},
    error::Error,
    graphql::{context::RequestContext, coop::count_fields, error_path},
};

/// A page of nodes `N` with the additional fields of `X`.
pub type Connection<N, X = EmptyFields> = connection::Connection<EdgeCursor, Item<N>, X>;

/// A node of a page with its cursor.
pub type Edge<N> = connection::Edge<EdgeCursor, Item<N>, EmptyFields>;

/// An item of a list, or the object of an event. In the schema it is its `T`.
///
/// Its errors keep their path below the item, and its fields count against the budget of the
/// request. Every list of objects has items of this type.
pub struct Item<T>(pub T);

impl<T: OutputType> OutputType for Item<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let request = ctx.data_unchecked::<RequestContext>();
        request.coop.spend(1 + count_fields(&ctx.item.node)).await;
        self.0.resolve(ctx, field).await.map_err(error_path::keep)
    }
}

/// Builds an edge.
pub fn edge<N: OutputType>(cursor: impl Into<EdgeCursor>, node: N) -> Edge<N> {
    Edge::new(cursor.into(), Item(node))
}

/// The cursor of an edge. Each variant is accepted as `after` and `before` of a list; a
/// subscription can also resume from it.
pub enum EdgeCursor {
    /// A position in a list that is ordered by time.
    TimeOnly(Cursor),
    /// The same with the snapshot that the list was read from, from which a subscription resumes
    /// exactly after the list.
    Snapshot(Cursor, Arc<Snapshot>),
    /// A position in the order of a subscription, which contains the position in the list.
    Log(LogPosition),
}

impl From<Cursor> for EdgeCursor {
    fn from(cursor: Cursor) -> Self {
        Self::TimeOnly(cursor)
    }
}

impl From<LogPosition> for EdgeCursor {
    fn from(position: LogPosition) -> Self {
        Self::Log(position)
    }
}

impl CursorType for EdgeCursor {
    type Error = Error;

    fn decode_cursor(text: &str) -> Result<Self, Error> {
        Cursor::decode(text).map(Self::TimeOnly)
    }

    fn encode_cursor(&self) -> String {
        match self {
            Self::TimeOnly(cursor) => cursor.encode(),
            Self::Snapshot(cursor, snapshot) => snapshot.encode(*cursor),
            Self::Log(position) => position.encode(),
        }
    }
}

/// Builds the connection of a page.
pub fn connection<N: OutputType>(page: Page<N>) -> Connection<N> {
    connection_with_snapshot(WithSnapshot { value: page, snapshot: None }, EmptyFields)
}

/// Builds the connection of a page with additional fields, and with cursors from which a
/// subscription can resume.
pub fn connection_with_snapshot<N: OutputType, X: ObjectType>(
    page: WithSnapshot<Page<N>>,
    fields: X,
) -> Connection<N, X> {
    let WithSnapshot { value: page, snapshot } = page;
    let snapshot = snapshot.map(Arc::new);
    let edge_cursor = |cursor: Cursor| match &snapshot {
        None => cursor.into(),
        Some(snapshot) => EdgeCursor::Snapshot(cursor, Arc::clone(snapshot)),
    };
    let mut connection =
        Connection::with_additional_fields(page.has_previous, page.has_next, fields);
    let items = page.items.into_iter();
    connection.edges.extend(items.map(|(cursor, node)| edge(edge_cursor(cursor), node)));
    connection
}
