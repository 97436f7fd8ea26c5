//! Connections: pages of lists in the shape of Relay's specification.

use std::sync::Arc;

use async_graphql::{
    ObjectType, OutputType,
    connection::{self, CursorType, EmptyFields},
};

use crate::{
    domain::{AsOf, Cursor, Moment, Place, Slice},
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
    AsOf(Cursor, Arc<Moment>),
    /// A place in the order of a subscription, which is a position in the list too.
    Place(Place),
}

impl From<Cursor> for Mark {
    fn from(cursor: Cursor) -> Self {
        Self::Cursor(cursor)
    }
}

impl From<Place> for Mark {
    fn from(place: Place) -> Self {
        Self::Place(place)
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
            Self::AsOf(cursor, moment) => moment.encode(*cursor),
            Self::Place(place) => place.encode(),
        }
    }
}

/// The connection that shows a page.
pub fn connection<N: OutputType>(slice: Slice<N>) -> Connection<N> {
    connection_as_of(AsOf { value: slice, moment: None }, EmptyFields)
}

/// The connection that shows a page, has more to tell than a page does, and whose cursors a
/// subscription can go on behind.
pub fn connection_as_of<N: OutputType, X: ObjectType>(
    page: AsOf<Slice<N>>,
    fields: X,
) -> Connection<N, X> {
    let AsOf { value: slice, moment } = page;
    let moment = moment.map(Arc::new);
    let mark = |cursor: Cursor| match &moment {
        None => cursor.into(),
        Some(moment) => Mark::AsOf(cursor, Arc::clone(moment)),
    };
    let mut connection =
        Connection::with_additional_fields(slice.has_previous, slice.has_next, fields);
    let items = slice.items.into_iter();
    connection.edges.extend(items.map(|(cursor, node)| Edge::new(mark(cursor), node)));
    connection
}
