//! Keyset pages: a page is named by the position it starts after, never by an offset, so that it
//! costs the same wherever it lies and shifts nothing when rows come and go.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::Instant;
use crate::error::{Error, Result};

/// A position in a list that is ordered by time, then uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub at: Instant,
    pub uuid: Uuid,
}

impl Cursor {
    /// Before everything that a store can hold.
    pub fn min() -> Self {
        Self { at: DateTime::UNIX_EPOCH - TimeDelta::days(700_000), uuid: Uuid::nil() }
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
    pub fn to_bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
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

    /// Reads what [`Cursor::encode`] wrote; [`Error::BadInput`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        let bad = || Error::BadInput("The cursor is none that this service gave out.".into());
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        Self::from_bytes(&bytes).ok_or_else(bad)
    }
}

/// The last instant of the year 9999, which stands for "never ends": every store and every client
/// can hold it.
pub fn forever() -> Instant {
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
pub struct Page {
    /// Only what comes after this position in the list's order.
    pub after: Option<Cursor>,
    /// Only what comes before this position in the list's order.
    pub before: Option<Cursor>,
    /// The most items to give, 1 to [`Page::MAX`].
    pub limit: usize,
    /// Take the items from the end of the range. They are given in the list's order all the same.
    pub backward: bool,
}

impl Page {
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
    /// [`Page::MAX`] and for a malformed cursor. Neither size means `first: 20`.
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
    pub fn slice<T>(&self, rows: impl IntoIterator<Item = (Cursor, T)>) -> Slice<T> {
        let mut items: Vec<_> = rows.into_iter().take(self.limit + 1).collect();
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        if self.backward {
            items.reverse();
            Slice { items, has_previous: more, has_next: self.before.is_some() }
        } else {
            Slice { items, has_previous: self.after.is_some(), has_next: more }
        }
    }
}

/// A page of a list: its items, each with its position, in the list's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice<T> {
    pub items: Vec<(Cursor, T)>,
    /// Whether there is something before the page. Reading forward, a given `after` counts as such.
    pub has_previous: bool,
    /// Whether there is something after the page. Reading backward, a given `before` counts as such.
    pub has_next: bool,
}

impl<T> Slice<T> {
    pub fn empty() -> Self {
        Self { items: Vec::new(), has_previous: false, has_next: false }
    }

    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
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
}
