//! Keyset pages. A page is named by the position that it starts after, never by an offset. So it
//! costs the same wherever it lies, and does not shift when rows are added or deleted.

use super::Cursor;
use crate::error::{Error, Result};

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// The part of a list that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pagination {
    /// Only items after this position in the list's order.
    pub after: Option<Cursor>,
    /// Only items before this position in the list's order.
    pub before: Option<Cursor>,
    /// The most items to return, 1 to [`Pagination::MAX`].
    pub limit: usize,
    /// Take the items from the end of the range. They still come in the list's order.
    pub backward: bool,
}

impl Pagination {
    /// The largest page.
    pub const MAX: usize = 100;
    /// The size of a page if the request names none.
    pub const DEFAULT: usize = 20;

    /// The first `limit` items.
    pub fn first(limit: usize) -> Self {
        Self { after: None, before: None, limit, backward: false }
    }

    /// The last `limit` items.
    pub fn last(limit: usize) -> Self {
        Self { backward: true, ..Self::first(limit) }
    }

    /// A page by the four arguments of a Relay connection.
    ///
    /// [`Error::BadInput`] for `first` and `last` together, for a size outside of 1 to
    /// [`Pagination::MAX`] and for a malformed cursor. Neither size means `first: 20`. An empty cursor
    /// counts as none.
    pub fn from_relay(
        first: Option<i32>,
        after: Option<&str>,
        last: Option<i32>,
        before: Option<&str>,
    ) -> Result<Self> {
        let (name, size, backward) = match (first, last) {
            (Some(_), Some(_)) => {
                return Err(Error::BadInput("Give `first` or `last`, not both.".into()));
            }
            (None, Some(last)) => ("last", Some(last), true),
            (first, None) => ("first", first, false),
        };
        let limit = match size.map(usize::try_from) {
            None => Self::DEFAULT,
            Some(Ok(limit @ 1..=Self::MAX)) => limit,
            Some(_) => {
                return Err(Error::BadInput(format!("`{name}` must be 1 to {}.", Self::MAX)));
            }
        };
        Ok(Self {
            after: Cursor::decode_argument(after)?,
            before: Cursor::decode_argument(before)?,
            limit,
            backward,
        })
    }

    /// The open range of positions, lower and upper, that the page lies in.
    pub fn range(&self, order: Order) -> (Cursor, Cursor) {
        let (low, high) = match order {
            Order::OldestFirst => (self.after, self.before),
            Order::NewestFirst => (self.before, self.after),
        };
        (low.unwrap_or(Cursor::min()), high.unwrap_or(Cursor::max()))
    }

    /// Whether the rows have to be read in descending order of position.
    pub fn descending(&self, order: Order) -> bool {
        (order == Order::NewestFirst) != self.backward
    }

    /// Makes the page of `rows`: up to `limit + 1` of them, in the order in which they were read. The
    /// extra row shows that there are more.
    pub fn paginate<T>(&self, rows: impl IntoIterator<Item = (Cursor, T)>) -> Page<T> {
        let mut items: Vec<_> = rows.into_iter().take(self.limit + 1).collect();
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        if self.backward {
            items.reverse();
            Page { items, has_previous: more, has_next: self.before.is_some() }
        } else {
            Page { items, has_previous: self.after.is_some(), has_next: more }
        }
    }
}

/// A page of a list: its items, each with its position, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<(Cursor, T)>,
    /// Whether there are items before the page. Reading forward, this is assumed if `after` is given.
    pub has_previous: bool,
    /// Whether there are items after the page. Reading backward, this is assumed if `before` is given.
    pub has_next: bool,
}

impl<T> Page<T> {
    pub fn empty() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false }
    }

    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(|(cursor, item)| (cursor, change(item))).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }

    /// The items without their positions.
    pub fn nodes(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    pub fn into_nodes(self) -> Vec<T> {
        self.items.into_iter().map(|(_, item)| item).collect()
    }

    /// Returns the cursor after which the next page starts, or `None` if this page is the last.
    pub fn next_cursor(&self) -> Option<Cursor> {
        self.items.last().filter(|_| self.has_next).map(|(cursor, _)| *cursor)
    }

    /// Returns the cursor before which the previous page ends, or `None` if this page is the first.
    pub fn previous_cursor(&self) -> Option<Cursor> {
        self.items.first().filter(|_| self.has_previous).map(|(cursor, _)| *cursor)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Positions of which many share an instant, in order and each once.
    fn positions() -> impl Strategy<Value = Vec<Cursor>> {
        proptest::collection::btree_set((0..4_i64, 0..9_u128), 0..30).prop_map(|all| {
            let position = |(seconds, uuid)| Cursor {
                at: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
                uuid: Uuid::from_u128(uuid),
            };
            all.into_iter().map(position).collect()
        })
    }

    /// What a source reads for a page of `all`, which are in ascending order.
    fn read(all: &[Cursor], pagination: &Pagination, order: Order) -> Page<Cursor> {
        let (low, high) = pagination.range(order);
        let mut rows: Vec<_> =
            all.iter().filter(|at| low < **at && **at < high).map(|at| (*at, *at)).collect();
        if pagination.descending(order) {
            rows.reverse();
        }
        pagination.paginate(rows)
    }

    proptest! {
        #[test]
        fn pages_in_a_row_make_the_whole_list(
            all in positions(),
            limit in 1..8_usize,
            backward in any::<bool>(),
            newest_first in any::<bool>(),
        ) {
            let order = if newest_first { Order::NewestFirst } else { Order::OldestFirst };
            let mut pagination = Pagination { backward, ..Pagination::first(limit) };
            let mut walked = Vec::new();
            loop {
                let page = read(&all, &pagination, order);
                prop_assert!(page.items.len() <= limit);
                let nodes: Vec<_> = page.nodes().copied().collect();
                let more = if backward {
                    prop_assert_eq!(page.has_next, pagination.before.is_some());
                    walked.splice(0..0, nodes.iter().copied());
                    pagination.before = nodes.first().copied();
                    page.has_previous
                } else {
                    prop_assert_eq!(page.has_previous, pagination.after.is_some());
                    walked.extend(&nodes);
                    pagination.after = nodes.last().copied();
                    page.has_next
                };
                prop_assert!(!more || nodes.len() == limit);
                if !more {
                    break;
                }
            }
            let mut expected = all.clone();
            if newest_first {
                expected.reverse();
            }
            prop_assert_eq!(walked, expected);
        }
    }

    #[test]
    fn a_page_has_one_size_from_1_to_100() {
        let relay = |first, last| Pagination::from_relay(first, None, last, None);
        assert_eq!(relay(None, None), Ok(Pagination::first(20)));
        assert_eq!(relay(Some(1), None), Ok(Pagination::first(1)));
        assert_eq!(relay(None, Some(100)), Ok(Pagination::last(100)));
        for (first, last) in [
            (Some(0), None),
            (Some(-1), None),
            (Some(101), None),
            (Some(i32::MIN), None),
            (None, Some(0)),
            (None, Some(i32::MAX)),
            (Some(1), Some(1)),
        ] {
            assert!(matches!(relay(first, last), Err(Error::BadInput(_))), "{first:?} {last:?}");
        }
        assert!(Pagination::from_relay(None, Some("x"), None, None).is_err());
        assert!(Pagination::from_relay(None, None, None, Some("x")).is_err());
        let empty = Pagination::from_relay(None, Some(""), Some(1), Some(""));
        assert_eq!(empty, Ok(Pagination::last(1)));
    }
}
