//! The texts of keys.
//!
//! Sort keys are ISO 8601 times, whose texts sort as the times do. Digits beyond the microseconds keep
//! two items of one microsecond apart; a time with them sorts after the time without.

use chrono::{DateTime, NaiveDateTime, SubsecRound, Timelike, Utc};
use uuid::Uuid;

use crate::domain::{Cursor, Timestamp};

pub fn messages_of(group: Uuid) -> String {
    format!("MSG#{group}")
}

pub fn groups_of(user: Uuid) -> String {
    format!("GRP#{user}")
}

/// The lower uuid comes first.
pub fn pair([low, high]: [Uuid; 2]) -> String {
    format!("PAIR#{low}#{high}")
}

pub fn idempotency(user: Uuid, key: &str) -> String {
    format!("IDEM#{user}#{key}")
}

/// The partition of the numbers of unread messages of a user.
pub fn unread_of(user: Uuid) -> String {
    format!("UNREAD#{user}")
}

/// A time as the gateway writes it.
pub fn time(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// A time as the gateway writes it if the plain one is taken: with ten more digits, made of the uuid.
pub fn tied_time(at: Timestamp, uuid: Uuid) -> String {
    format!("{}{:010}+00:00", at.format("%Y-%m-%dT%H:%M:%S%.6f"), uuid.as_u128() % 10_000_000_000)
}

/// The lowest and the highest of all forms of a time.
pub fn bounds(at: Timestamp) -> [String; 2] {
    let digits = at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let whole = at.format("%Y-%m-%dT%H:%M:%S").to_string();
    let fewest = if at.nanosecond() == 0 { &whole } else { digits.trim_end_matches('0') };
    [fewest.to_owned(), format!("{digits}~")]
}

/// Reads a time. Returns its sort position, for which the offset counts as UTC, and the time itself.
pub fn read_time(text: &str) -> Option<[Timestamp; 2]> {
    const FORM: &str = "%Y-%m-%dT%H:%M:%S%.f";
    let (naive, rest) = NaiveDateTime::parse_and_remainder(text, FORM).ok()?;
    let position = naive.and_utc().trunc_subsecs(6);
    if rest.is_empty() {
        return Some([position, position]);
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some([position, at.with_timezone(&Utc).trunc_subsecs(6)])
}

/// A position as the attribute `read_up_to` holds it. The texts sort as the positions do.
pub fn position(cursor: Cursor) -> String {
    format!("{}#{}", time(cursor.at), cursor.uuid)
}

/// Reads what [`position`] wrote; [`Cursor::min`] for anything else.
pub fn read_position(text: &str) -> Cursor {
    let read = || {
        let (time, uuid) = text.split_once('#')?;
        Some(Cursor { at: read_time(time)?[0], uuid: uuid.parse().ok()? })
    };
    read().unwrap_or(Cursor::min())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_of_a_time_is_read() {
        for (text, position, time) in [
            ("2023-03-20T22:52:11", "2023-03-20T22:52:11Z", "2023-03-20T22:52:11Z"),
            (
                "2023-03-20T22:52:11.123456",
                "2023-03-20T22:52:11.123456Z",
                "2023-03-20T22:52:11.123456Z",
            ),
            ("2023-03-20T22:52:11+00:00", "2023-03-20T22:52:11Z", "2023-03-20T22:52:11Z"),
            ("2023-03-20T22:52:11.5-04:00", "2023-03-20T22:52:11.5Z", "2023-03-21T02:52:11.5Z"),
            (
                "2023-03-20T22:52:11.1234560000000042+00:00",
                "2023-03-20T22:52:11.123456Z",
                "2023-03-20T22:52:11.123456Z",
            ),
        ] {
            assert_eq!(read_time(text), Some([at(position), at(time)]), "{text}");
            let [low, high] = bounds(at(position));
            assert!(low.as_str() <= text && text <= high.as_str(), "{low} {text} {high}");
        }
        for text in ["", "2023", "2023-03-20", "2023-03-20T22:52:11 later", "yesterday"] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }

    #[test]
    fn texts_have_the_order_of_their_times() {
        let texts = [
            "2023-03-20T22:52:11",
            "2023-03-20T22:52:11+00:00",
            "2023-03-20T22:52:11.000001",
            "2023-03-20T22:52:11.123456",
            "2023-03-20T22:52:11.123456+00:00",
            "2023-03-20T22:52:11.1234560000000042+00:00",
            "2023-03-20T22:52:11.123457+00:00",
        ];
        assert!(texts.is_sorted());
        let [_, high] = bounds(at("2023-03-20T22:52:11.123456Z"));
        let [low, _] = bounds(at("2023-03-20T22:52:11.123457Z"));
        assert!(high < low);
    }

    #[test]
    fn what_is_written_is_read() {
        let cursor = Cursor { at: at("2026-01-01T00:00:00Z"), uuid: Uuid::from_u128(42) };
        assert_eq!(time(cursor.at), "2026-01-01T00:00:00.000000+00:00");
        assert_eq!(tied_time(cursor.at, cursor.uuid), "2026-01-01T00:00:00.0000000000000042+00:00");
        assert_eq!(read_position(&position(cursor)), cursor);
        assert_eq!(read_position(""), Cursor::min());
    }
}
