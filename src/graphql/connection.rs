//! Connections: pages of lists in the shape of Relay's specification.

use async_graphql::{
    OutputType,
    connection::{self, CursorType, EmptyFields},
};

use crate::{
    domain::{Cursor, Place, Slice},
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
            Self::Place(place) => place.encode(),
        }
    }
}

/// The connection that shows a page.
pub fn connection<N: OutputType>(slice: Slice<N>) -> Connection<N> {
    let mut connection = Connection::new(slice.has_previous, slice.has_next);
    connection.edges = edges(slice);
    connection
}

/// The connection that shows a page and has more to tell than a page does.
pub fn connection_with<N: OutputType, X: async_graphql::ObjectType>(
    slice: Slice<N>,
    fields: X,
) -> Connection<N, X> {
    let mut connection =
        Connection::with_additional_fields(slice.has_previous, slice.has_next, fields);
    connection.edges = edges(slice);
    connection
}

fn edges<N: OutputType>(slice: Slice<N>) -> Vec<Edge<N>> {
    slice.items.into_iter().map(|(cursor, node)| Edge::new(cursor.into(), node)).collect()
}
