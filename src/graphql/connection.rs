//! Connections: pages of lists in the shape of Relay's specification.

use std::sync::Arc;

use async_graphql::{
    ObjectType, OutputType,
    connection::{self, CursorType, EmptyFields},
};

use crate::{
    domain::{Cursor, LogPosition, Page, Snapshot, WithSnapshot},
    error::Error,
};

/// A page of nodes `N`, with `X` for fields of its own.
pub type Connection<N, X = EmptyFields> = connection::Connection<Mark, N, X>;

/// One place in a page, and the node there.
pub type Edge<N> = connection::Edge<Mark, N, EmptyFields>;

/// What the cursor of an edge stands for.
pub enum Mark {
    /// A position in a list by time.
    Cursor(Cursor),
    /// The same, and what could be read when the list was: a subscription goes on behind it.
    WithSnapshot(Cursor, Arc<Snapshot>),
    /// A place in the order of a subscription, which is a position in the list too.
    LogPosition(LogPosition),
}

impl From<Cursor> for Mark {
    fn from(cursor: Cursor) -> Self {
        Self::Cursor(cursor)
    }
}

impl From<LogPosition> for Mark {
    fn from(place: LogPosition) -> Self {
        Self::LogPosition(place)
    }
}

impl CursorType for Mark {
    type Error = Error;

    fn decode_cursor(text: &str) -> Result<Self, Error> {
        Cursor::decode(text).map(Self::Cursor)
    }

    fn encode_cursor(&self) -> String {
        match self {
            Self::Cursor(cursor) => cursor.encode(),
            Self::WithSnapshot(cursor, snapshot) => snapshot.encode(*cursor),
            Self::LogPosition(place) => place.encode(),
        }
    }
}

/// The connection that shows a page.
pub fn connection<N: OutputType>(slice: Page<N>) -> Connection<N> {
    connection_with_snapshot(WithSnapshot { value: slice, snapshot: None }, EmptyFields)
}

/// The connection that shows a page, has more to tell than a page does, and whose cursors a
/// subscription can go on behind.
pub fn connection_with_snapshot<N: OutputType, X: ObjectType>(
    page: WithSnapshot<Page<N>>,
    fields: X,
) -> Connection<N, X> {
    let WithSnapshot { value: slice, snapshot } = page;
    let snapshot = snapshot.map(Arc::new);
    let mark = |cursor: Cursor| match &snapshot {
        None => cursor.into(),
        Some(snapshot) => Mark::WithSnapshot(cursor, Arc::clone(snapshot)),
    };
    let mut connection =
        Connection::with_additional_fields(slice.has_previous, slice.has_next, fields);
    let items = slice.items.into_iter();
    connection.edges.extend(items.map(|(cursor, node)| Edge::new(mark(cursor), node)));
    connection
}
