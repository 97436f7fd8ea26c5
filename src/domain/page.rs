//! Keyset pages: a page is named by the position it starts after, never by an offset, so that it
//! costs the same wherever it lies and shifts nothing when rows come and go.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::{ResumeCursor, Timestamp};
use crate::error::{Error, Result};

/// A position in a list that is ordered by time, then uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub at: Timestamp,
    pub uuid: Uuid,
}

impl Cursor {
    /// How many bytes [`Cursor::to_bytes`] gives.
    pub const BYTES: usize = 24;

    /// Before everything that a store can hold: the year 1 begins.
    pub fn min() -> Self {
        Self { at: DateTime::UNIX_EPOCH - TimeDelta::days(719_162), uuid: Uuid::nil() }
    }

    /// After everything that a store can hold.
    pub fn max() -> Self {
        Self { at: forever(), uuid: Uuid::max() }
    }

    /// The cursor's opaque text: URL-safe base64 of the microseconds since 1970 and the uuid.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_bytes())
    }

    /// The microseconds since 1970 and the uuid, both big-endian.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.at.timestamp_micros().to_be_bytes());
        bytes[8..].copy_from_slice(self.uuid.as_bytes());
        bytes
    }

    /// Reads what [`Cursor::to_bytes`] wrote; none for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, uuid) = bytes.split_at_checked(8)?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(micros.try_into().ok()?))?;
        let cursor = Self { at, uuid: Uuid::from_slice(uuid).ok()? };
        (Self::min()..=Self::max()).contains(&cursor).then_some(cursor)
    }

    /// Reads what [`Cursor::encode`] wrote, or [`super::LogPosition::encode`]; [`Error::BadInput`] for
    /// anything else.
    pub fn decode(text: &str) -> Result<Self> {
        ResumeCursor::decode(text).map(|seen| seen.at)
    }
}

/// Something that stands in lists of its kind at a place of its own.
pub trait HasCursor: Sized {
    fn cursor(&self) -> Cursor;

    fn with_cursor(self) -> (Cursor, Self) {
        (self.cursor(), self)
    }
}

/// The last instant of the year 9999, which stands for "never ends": every store and every client
/// can hold it.
pub fn forever() -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(253_402_300_799)
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pagination {
    /// Only what comes after this position in the list's order.
    pub after: Option<Cursor>,
    /// Only what comes before this position in the list's order.
    pub before: Option<Cursor>,
    /// The most items to give, 1 to [`Pagination::MAX`].
    pub limit: usize,
    /// Take the items from the end of the range. They are given in the list's order all the same.
    pub backward: bool,
}

impl Pagination {
    /// The largest page.
    pub const MAX: usize = 100;
    /// The size of a page when none is asked for.
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
    /// [`Pagination::MAX`] and for a malformed cursor. Neither size means `first: 20`.
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
            after: after.map(Cursor::decode).transpose()?,
            before: before.map(Cursor::decode).transpose()?,
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

    /// Makes the page of `rows`: up to `limit + 1` of them, in the order in which they were read.
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
    /// Whether there is something before the page. Reading forward, a given `after` counts as such.
    pub has_previous: bool,
    /// Whether there is something after the page. Reading backward, a given `before` counts as such.
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
    use proptest::prelude::*;

    use super::*;

    fn cursor() -> impl Strategy<Value = Cursor> {
        let (min, max) = (Cursor::min().at.timestamp_micros(), Cursor::max().at.timestamp_micros());
        (min..=max, any::<u128>()).prop_map(|(micros, uuid)| Cursor {
            at: DateTime::from_timestamp_micros(micros).expect("within the range"),
            uuid: Uuid::from_u128(uuid),
        })
    }

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
    fn read(all: &[Cursor], page: &Pagination, order: Order) -> Page<Cursor> {
        let (low, high) = page.range(order);
        let mut rows: Vec<_> =
            all.iter().filter(|at| low < **at && **at < high).map(|at| (*at, *at)).collect();
        if page.descending(order) {
            rows.reverse();
        }
        page.paginate(rows)
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(cursor in cursor()) {
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
        }

        #[test]
        fn no_text_but_a_written_cursor_is_read(text in "[-_A-Za-z0-9+/= \u{0}é]{0,40}|[-_A-Za-z0-9]{32}") {
            if let Ok(cursor) = Cursor::decode(&text) {
                prop_assert_eq!(cursor.encode(), text);
            }
        }

        #[test]
        fn pages_in_a_row_make_the_whole_list(
            all in positions(),
            limit in 1..8_usize,
            backward in any::<bool>(),
            newest_first in any::<bool>(),
        ) {
            let order = if newest_first { Order::NewestFirst } else { Order::OldestFirst };
            let mut page = Pagination { backward, ..Pagination::first(limit) };
            let mut walked = Vec::new();
            loop {
                let slice = read(&all, &page, order);
                prop_assert!(slice.items.len() <= limit);
                let nodes: Vec<_> = slice.nodes().copied().collect();
                let more = if backward {
                    prop_assert_eq!(slice.has_next, page.before.is_some());
                    walked.splice(0..0, nodes.iter().copied());
                    page.before = nodes.first().copied();
                    slice.has_previous
                } else {
                    prop_assert_eq!(slice.has_previous, page.after.is_some());
                    walked.extend(&nodes);
                    page.after = nodes.last().copied();
                    slice.has_next
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
    fn cursors_outside_of_what_a_store_can_hold_are_refused() {
        let beyond = TimeDelta::microseconds(1);
        for (at, uuid) in [
            (Cursor::min().at - beyond, Uuid::max()),
            (Cursor::max().at + TimeDelta::seconds(1), Uuid::nil()),
        ] {
            assert!(Cursor::decode(&Cursor { at, uuid }.encode()).is_err(), "{at}");
        }
        let mut bytes = [0xff; 24];
        bytes[0] = 0x7f;
        assert!(Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes)).is_err());
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
        assert!(Pagination::from_relay(None, None, None, Some("")).is_err());
    }
}
