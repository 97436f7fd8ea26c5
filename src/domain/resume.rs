//! Places in the order in which things become readable, which a reader can follow without a gap.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Cursor;
use crate::error::{Error, Result};

/// The most writes that go on that a cursor names.
const MAX_RUNNING: usize = 64;

/// Where something stands in the order in which a store made things readable. Their times may be in
/// another order: a write may stamp a thing early and finish late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    pub position: i64,
    pub at: Cursor,
}

impl LogPosition {
    /// After everything with this position.
    pub fn after_all(position: i64) -> Self {
        Self { position, at: Cursor::max() }
    }

    /// The place's opaque text: that of a cursor with the position behind it. Where a cursor is
    /// wanted, it is one.
    pub fn encode(&self) -> String {
        let bytes = [&self.at.to_bytes()[..], &self.position.to_be_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What can be read from a store at one moment, in terms of positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Below it all writes have ended.
    first: i64,
    /// From it on none has begun.
    next: i64,
    /// Those between the two that go on.
    running: Vec<i64>,
}

impl Snapshot {
    /// A moment in a store where one write comes after another, up to this one.
    pub fn after(last: i64) -> Self {
        Self { first: last + 1, next: last + 1, running: Vec::new() }
    }

    /// Reads a moment as PostgreSQL writes a snapshot: `10:20:10,14` for what is below 10, and below
    /// 20 but for 10 and 14.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once(':')?;
        let (next, running) = rest.split_once(':')?;
        let running = running.split(',').filter(|it| !it.is_empty()).map(str::parse);
        Some(Self {
            first: first.parse().ok()?,
            next: next.parse().ok()?,
            running: running.collect::<std::result::Result<_, _>>().ok()?,
        })
    }

    /// The last place that nothing can be added before any more.
    pub fn end(&self) -> LogPosition {
        LogPosition::after_all(self.first - 1)
    }

    /// Whether what has this position can be read.
    pub fn contains(&self, position: i64) -> bool {
        position < self.next && !self.running.contains(&position)
    }

    /// Whether this may have been a moment before `other`: none of its writes is yet to begin then.
    pub fn is_before(&self, other: &Self) -> bool {
        self.next <= other.next
    }

    /// The opaque text of a cursor in a list that was read at this moment. Where a cursor is wanted,
    /// it is one.
    ///
    /// Of more than `MAX_RUNNING` writes that go on it names the first ones, and is silent about
    /// whatever comes after those: rather is something taken for unseen than for seen.
    pub fn encode(&self, at: Cursor) -> String {
        let next = *self.running.get(MAX_RUNNING).unwrap_or(&self.next);
        let others = self.running.iter().take(MAX_RUNNING).chain([&next]);
        let mut bytes = [&at.to_bytes()[..], &self.first.to_be_bytes()].concat();
        for other in others {
            let ahead = u32::try_from(other - self.first).unwrap_or(u32::MAX);
            bytes.extend(ahead.to_be_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Snapshot::encode`] wrote behind the cursor; none for anything else.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, others) = bytes.split_first_chunk()?;
        let first = i64::from_be_bytes(*first);
        let (others, []) = others.as_chunks() else { return None };
        let others =
            others.iter().map(|ahead| first.checked_add(u32::from_be_bytes(*ahead).into()));
        let mut running: Vec<_> = others.collect::<Option<_>>()?;
        let next = running.pop()?;
        let is_rising = running.iter().chain([&next]).is_sorted_by(|one, other| one < other);
        let is_one = 0 <= first && running.len() <= MAX_RUNNING && is_rising;
        is_one.then_some(Self { first, next, running })
    }
}

/// What has been read, and what could be read then: absent where nothing was found.
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

/// When something was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResumePoint {
    /// In a list by time, nobody knows when.
    TimeOnly,
    /// In a list by time that was read at this moment.
    Snapshot(Snapshot),
    /// As the thing with this position, after all that stands before it.
    Log(i64),
}

impl ResumeCursor {
    /// Reads what [`Cursor::encode`], [`Snapshot::encode`] or [`LogPosition::encode`] wrote;
    /// [`Error::BadInput`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let seen = bytes.as_deref().and_then(|bytes| {
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
        seen.ok_or_else(|| Error::BadInput("Invalid cursor.".into()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_moment_shows_what_has_ended() {
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
    fn a_place_is_read_as_it_is_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        let place = LogPosition { position: 7, at };
        assert_eq!(
            ResumeCursor::decode(&place.encode()),
            Ok(ResumeCursor { at, when: ResumePoint::Log(7) })
        );
        assert_eq!(
            ResumeCursor::decode(&at.encode()),
            Ok(ResumeCursor { at, when: ResumePoint::TimeOnly })
        );
        assert_eq!(Cursor::decode(&place.encode()), Ok(at));
        let long = URL_SAFE_NO_PAD.encode([0; 40]);
        for wrong in ["", "x", &place.encode()[1..], &long] {
            assert!(matches!(ResumeCursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
            assert!(matches!(Cursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_read_as_it_is_written_and_is_a_cursor_too() {
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
            bytes(1, &[0; MAX_RUNNING + 2]),
            URL_SAFE_NO_PAD.encode([0; Cursor::BYTES + 11]),
        ] {
            assert!(matches!(ResumeCursor::decode(&wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_that_cannot_name_all_takes_the_rest_for_unseen() {
        let running: Vec<_> = (10..200).step_by(2).map(|it: i64| it.to_string()).collect();
        let snapshot = Snapshot::parse(&format!("10:200:{}", running.join(","))).unwrap();
        let Ok(ResumeCursor { when: ResumePoint::Snapshot(kept), .. }) =
            ResumeCursor::decode(&snapshot.encode(Cursor::max()))
        else {
            panic!("it is read")
        };
        let named = 10 + 2 * i64::try_from(MAX_RUNNING).unwrap();
        for position in 0..220 {
            let shown = snapshot.contains(position) && position < named;
            assert_eq!(kept.contains(position), shown, "{position}");
        }
    }
}
