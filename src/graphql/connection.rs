//! Connections: pages of lists in the shape of Relay's specification.

use async_graphql::{
    OutputType,
    connection::{self, CursorType, EmptyFields},
};

use crate::{
    domain::{Cursor, Slice},
    error::Error,
};

/// A page of nodes `N`, with `X` for fields of its own.
pub type Connection<N, X = EmptyFields> = connection::Connection<Cursor, N, X>;

/// One place in a page, and the node there.
pub type Edge<N> = connection::Edge<Cursor, N, EmptyFields>;

impl CursorType for Cursor {
    type Error = Error;

    fn decode_cursor(text: &str) -> Result<Self, Error> {
        Self::decode(text)
    }

    fn encode_cursor(&self) -> String {
        self.encode()
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
    slice.items.into_iter().map(|(cursor, node)| Edge::new(cursor, node)).collect()
}
