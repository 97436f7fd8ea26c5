//! Places in the order in which things become readable, which a reader can follow without a gap.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Cursor;
use crate::error::{Error, Result};

/// Where something stands in the order in which a store made things readable. Their times may be in
/// another order: a write may stamp a thing early and finish late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub position: i64,
    pub at: Cursor,
}

impl Place {
    /// After everything with this position.
    pub fn end_of(position: i64) -> Self {
        Self { position, at: Cursor::max() }
    }

    /// The place's opaque text: that of a cursor with the position behind it. Where a cursor is
    /// wanted, it is one.
    pub fn encode(&self) -> String {
        let bytes = [&self.at.to_bytes()[..], &self.position.to_be_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What a reader has seen last: a place, or something in a list by time, whose place is to be looked
/// up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub position: Option<i64>,
    pub at: Cursor,
}

impl Seen {
    /// Reads what [`Place::encode`] or [`Cursor::encode`] wrote; [`Error::BadInput`] for anything
    /// else.
    pub fn decode(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let seen = bytes.as_deref().and_then(|bytes| {
            let (at, position) = bytes.split_at_checked(Cursor::BYTES)?;
            let position = match position {
                [] => None,
                bytes => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
            };
            Some(Self { position, at: Cursor::from_bytes(at)? })
        });
        seen.ok_or_else(|| Error::BadInput("The cursor is none that this service gave out.".into()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        let place = Place { position: 7, at };
        assert_eq!(Seen::decode(&place.encode()), Ok(Seen { position: Some(7), at }));
        assert_eq!(Seen::decode(&at.encode()), Ok(Seen { position: None, at }));
        assert_eq!(Cursor::decode(&place.encode()), Ok(at));
        let long = URL_SAFE_NO_PAD.encode([0; 40]);
        for wrong in ["", "x", &place.encode()[1..], &long] {
            assert!(matches!(Seen::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
            assert!(matches!(Cursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }
}
