//! Positions in lists.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::Timestamp;

/// A position in a list that is ordered by time, then uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    pub at: Timestamp,
    pub uuid: Uuid,
}

impl Cursor {
    /// The length of [`Cursor::to_bytes`].
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

    /// Reads what [`Cursor::to_bytes`] wrote; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (micros, uuid) = bytes.split_at_checked(8)?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(micros.try_into().ok()?))?;
        let cursor = Self { at, uuid: Uuid::from_slice(uuid).ok()? };
        (Self::min()..=Self::max()).contains(&cursor).then_some(cursor)
    }
}

/// An item that has a position of its own in the lists of its kind.
pub trait HasCursor: Sized {
    fn cursor(&self) -> Cursor;

    fn with_cursor(self) -> (Cursor, Self) {
        (self.cursor(), self)
    }
}

/// The last second of the year 9999, which stands for "never". Every store and every client can hold
/// it.
pub fn forever() -> Timestamp {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(253_402_300_799)
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
}
