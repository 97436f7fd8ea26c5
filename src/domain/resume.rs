//! Positions in the change log, from which a reader resumes without a gap.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Cursor;
use crate::error::{Error, Result};

/// The most transactions in progress that a cursor names.
const MAX_IN_PROGRESS: usize = 64;

/// A position in the order in which a store made rows readable. Their times may be in another order:
/// a transaction may stamp a row early and commit late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    pub position: i64,
    pub at: Cursor,
}

impl LogPosition {
    /// After all rows with this position.
    pub fn after_all(position: i64) -> Self {
        Self { position, at: Cursor::max() }
    }

    /// The position's opaque text: that of its cursor with the position appended. [`Cursor::decode`]
    /// reads it, too.
    pub fn encode(&self) -> String {
        let bytes = [&self.at.to_bytes()[..], &self.position.to_be_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// The positions whose rows can be read: PostgreSQL's snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// All transactions below it have ended.
    xmin: i64,
    /// None from it on has begun.
    xmax: i64,
    /// Those between the two that are in progress, in ascending order.
    in_progress: Vec<i64>,
}

impl Snapshot {
    /// The snapshot of a store that runs one transaction at a time, after the one with this
    /// position.
    pub fn after(last: i64) -> Self {
        Self { xmin: last + 1, xmax: last + 1, in_progress: Vec::new() }
    }

    /// Reads a snapshot as PostgreSQL writes it: `10:20:10,14` contains all positions below 20 but
    /// 10 and 14. Returns `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (xmin, rest) = text.split_once(':')?;
        let (xmax, in_progress) = rest.split_once(':')?;
        let in_progress = in_progress.split(',').filter(|it| !it.is_empty()).map(str::parse);
        Some(Self {
            xmin: xmin.parse().ok()?,
            xmax: xmax.parse().ok()?,
            in_progress: in_progress.collect::<std::result::Result<_, _>>().ok()?,
        })
    }

    /// The last log position before which no further row can appear.
    pub fn end(&self) -> LogPosition {
        LogPosition::after_all(self.xmin - 1)
    }

    /// Whether rows with this position can be read.
    pub fn contains(&self, position: i64) -> bool {
        position < self.xmax && !self.in_progress.contains(&position)
    }

    /// Whether this snapshot may be older than `other`: every transaction that it knows has begun
    /// in `other`, too.
    pub fn is_before(&self, other: &Self) -> bool {
        self.xmax <= other.xmax
    }

    /// The opaque text of a cursor in a list that was read in this snapshot. [`Cursor::decode`]
    /// reads it, too.
    ///
    /// Encodes at most `MAX_IN_PROGRESS` transactions in progress; everything from the next one on
    /// counts as unseen. A duplicate is better than a gap.
    pub fn encode(&self, at: Cursor) -> String {
        let xmax = *self.in_progress.get(MAX_IN_PROGRESS).unwrap_or(&self.xmax);
        let others = self.in_progress.iter().take(MAX_IN_PROGRESS).chain([&xmax]);
        let mut bytes = [&at.to_bytes()[..], &self.xmin.to_be_bytes()].concat();
        for other in others {
            let ahead = u32::try_from(other - self.xmin).unwrap_or(u32::MAX);
            bytes.extend(ahead.to_be_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Snapshot::encode`] wrote after the cursor; `None` for anything else.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (xmin, others) = bytes.split_first_chunk()?;
        let xmin = i64::from_be_bytes(*xmin);
        let (others, []) = others.as_chunks() else { return None };
        let others = others.iter().map(|ahead| xmin.checked_add(u32::from_be_bytes(*ahead).into()));
        let mut in_progress: Vec<_> = others.collect::<Option<_>>()?;
        let xmax = in_progress.pop()?;
        let is_rising = in_progress.iter().chain([&xmax]).is_sorted_by(|one, other| one < other);
        let is_valid = 0 <= xmin && in_progress.len() <= MAX_IN_PROGRESS && is_rising;
        is_valid.then_some(Self { xmin, xmax, in_progress })
    }
}

/// A value and the snapshot that it was read in; `None` if nothing was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithSnapshot<T> {
    pub value: T,
    pub snapshot: Option<Snapshot>,
}

impl<T> WithSnapshot<T> {
    pub fn into_value(self) -> T {
        self.value
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> WithSnapshot<U> {
        WithSnapshot { value: change(self.value), snapshot: self.snapshot }
    }
}

/// What a reader has seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeCursor {
    pub at: Cursor,
    pub when: ResumePoint,
}

/// From where a reader resumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumePoint {
    /// After an item of a list by time. When the list was read is unknown.
    TimeOnly,
    /// After an item of a list by time that was read in this snapshot.
    Snapshot(Snapshot),
    /// After the item of the change log with this position.
    Log(i64),
}

impl ResumeCursor {
    /// Reads what [`Cursor::encode`], [`Snapshot::encode`] or [`LogPosition::encode`] wrote;
    /// [`Error::BadInput`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.as_deref().and_then(|bytes| {
            let (at, when) = bytes.split_at_checked(Cursor::BYTES)?;
            let when = match *when {
                [] => ResumePoint::TimeOnly,
                [a, b, c, d, e, f, g, h] => {
                    ResumePoint::Log(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
                }
                ref bytes => ResumePoint::Snapshot(Snapshot::from_bytes(bytes)?),
            };
            Some(Self { at: Cursor::from_bytes(at)?, when })
        });
        cursor.ok_or_else(|| Error::BadInput("Invalid cursor.".into()))
    }

    /// Reads the optional argument of a request: `None` if it is absent or empty, because clients
    /// send an empty text for the first page; otherwise as [`ResumeCursor::decode`] does.
    pub fn decode_argument(text: Option<&str>) -> Result<Option<Self>> {
        text.filter(|text| !text.is_empty()).map(Self::decode).transpose()
    }
}

impl Cursor {
    /// Reads what [`Cursor::encode`], [`Snapshot::encode`] or [`LogPosition::encode`] wrote;
    /// [`Error::BadInput`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        ResumeCursor::decode(text).map(|cursor| cursor.at)
    }

    /// Reads the optional argument of a request, as [`ResumeCursor::decode_argument`] does.
    pub fn decode_argument(text: Option<&str>) -> Result<Option<Self>> {
        Ok(ResumeCursor::decode_argument(text)?.map(|cursor| cursor.at))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_snapshot_contains_what_has_ended() {
        let shown =
            |snapshot: &Snapshot| (8..22).filter(|it| snapshot.contains(*it)).collect::<Vec<_>>();
        let snapshot = Snapshot::parse("10:20:10,14").unwrap();
        assert_eq!(shown(&snapshot), [8, 9, 11, 12, 13, 15, 16, 17, 18, 19]);
        assert_eq!(snapshot.end(), LogPosition::after_all(9));
        assert_eq!(Snapshot::parse("10:10:"), Some(Snapshot::after(9)));
        assert_eq!(shown(&Snapshot::after(9)), [8, 9]);
        for wrong in ["", "10", "10:20", "10:20:x", "x:20:"] {
            assert_eq!(Snapshot::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_log_position_is_read_as_it_was_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        let position = LogPosition { position: 7, at };
        assert_eq!(
            ResumeCursor::decode(&position.encode()),
            Ok(ResumeCursor { at, when: ResumePoint::Log(7) })
        );
        assert_eq!(
            ResumeCursor::decode(&at.encode()),
            Ok(ResumeCursor { at, when: ResumePoint::TimeOnly })
        );
        assert_eq!(Cursor::decode(&position.encode()), Ok(at));
        let long = URL_SAFE_NO_PAD.encode([0; 40]);
        for wrong in ["", "x", &position.encode()[1..], &long] {
            assert!(matches!(ResumeCursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
            assert!(matches!(Cursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn an_empty_argument_counts_as_none() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        for none in [None, Some("")] {
            assert_eq!(Cursor::decode_argument(none), Ok(None));
            assert_eq!(ResumeCursor::decode_argument(none), Ok(None));
        }
        assert_eq!(Cursor::decode_argument(Some(&at.encode())), Ok(Some(at)));
        assert!(Cursor::decode_argument(Some(" ")).is_err());
        assert!(ResumeCursor::decode_argument(Some("x")).is_err());
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        for written in ["0:0:", "10:10:", "10:20:10,14", "4294967296:4294967300:4294967297"] {
            let snapshot = Snapshot::parse(written).unwrap();
            let text = snapshot.encode(at);
            assert_eq!(
                ResumeCursor::decode(&text),
                Ok(ResumeCursor { at, when: ResumePoint::Snapshot(snapshot) }),
                "{written}"
            );
            assert_eq!(Cursor::decode(&text), Ok(at));
        }
        let bytes = |first: i64, others: &[u32]| {
            let others = others.iter().flat_map(|it| it.to_be_bytes());
            let bytes = at.to_bytes().into_iter().chain(first.to_be_bytes()).chain(others);
            URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<_>>())
        };
        for wrong in [
            bytes(-1, &[0]),
            bytes(i64::MAX, &[1]),
            bytes(1, &[2, 1]),
            bytes(1, &[0; MAX_IN_PROGRESS + 2]),
            URL_SAFE_NO_PAD.encode([0; Cursor::BYTES + 11]),
        ] {
            assert!(matches!(ResumeCursor::decode(&wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_with_too_many_transactions_takes_the_rest_as_unseen() {
        let in_progress: Vec<_> = (10..200).step_by(2).map(|it: i64| it.to_string()).collect();
        let snapshot = Snapshot::parse(&format!("10:200:{}", in_progress.join(","))).unwrap();
        let Ok(ResumeCursor { when: ResumePoint::Snapshot(kept), .. }) =
            ResumeCursor::decode(&snapshot.encode(Cursor::max()))
        else {
            panic!("a snapshot")
        };
        let named = 10 + 2 * i64::try_from(MAX_IN_PROGRESS).unwrap();
        for position in 0..220 {
            let shown = snapshot.contains(position) && position < named;
            assert_eq!(kept.contains(position), shown, "{position}");
        }
    }
}
