//! Connections: pages of lists as Relay's specification defines them.

use std::sync::Arc;

use async_graphql::{
    ObjectType, OutputType,
    connection::{self, CursorType, EmptyFields},
};

use crate::{
    domain::{Cursor, LogPosition, Page, Snapshot, WithSnapshot},
    error::Error,
};

/// A page of nodes `N` with the additional fields of `X`.
pub type Connection<N, X = EmptyFields> = connection::Connection<EdgeCursor, N, X>;

/// A node of a page with its cursor.
pub type Edge<N> = connection::Edge<EdgeCursor, N, EmptyFields>;

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
    connection.edges.extend(items.map(|(cursor, node)| Edge::new(edge_cursor(cursor), node)));
    connection
}
