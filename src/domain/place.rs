//! Places in the order in which things become readable, which a reader can follow without a gap.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Cursor;
use crate::error::{Error, Result};

/// The most writes that go on that a cursor names.
const MAX_RUNNING: usize = 64;

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

/// What can be read from a store at one moment, in terms of positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Below it all writes have ended.
    first: i64,
    /// From it on none has begun.
    next: i64,
    /// Those between the two that go on.
    running: Vec<i64>,
}

impl Moment {
    /// A moment in a store where one write comes after another, up to this one.
    pub fn after(last: i64) -> Self {
        Self { first: last + 1, next: last + 1, running: Vec::new() }
    }

    /// Reads a moment as PostgreSQL writes a snapshot: `10:20:10,14` for what is below 10, and below
    /// 20 but for 10 and 14.
    pub fn read(text: &str) -> Option<Self> {
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
    pub fn end(&self) -> Place {
        Place::end_of(self.first - 1)
    }

    /// Whether what has this position can be read.
    pub fn shows(&self, position: i64) -> bool {
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

    /// Reads what [`Moment::encode`] wrote behind the cursor; none for anything else.
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
pub struct AsOf<T> {
    pub value: T,
    pub moment: Option<Moment>,
}

impl<T> AsOf<T> {
    pub fn into_value(self) -> T {
        self.value
    }

    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> AsOf<U> {
        AsOf { value: change(self.value), moment: self.moment }
    }
}

/// What a reader has seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub at: Cursor,
    pub when: When,
}

/// When something was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// In a list by time, nobody knows when.
    Unknown,
    /// In a list by time that was read at this moment.
    At(Moment),
    /// As the thing with this position, after all that stands before it.
    InOrder(i64),
}

impl Seen {
    /// Reads what [`Cursor::encode`], [`Moment::encode`] or [`Place::encode`] wrote;
    /// [`Error::BadInput`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let seen = bytes.as_deref().and_then(|bytes| {
            let (at, when) = bytes.split_at_checked(Cursor::BYTES)?;
            let when = match *when {
                [] => When::Unknown,
                [a, b, c, d, e, f, g, h] => {
                    When::InOrder(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
                }
                ref bytes => When::At(Moment::from_bytes(bytes)?),
            };
            Some(Self { at: Cursor::from_bytes(at)?, when })
        });
        seen.ok_or_else(|| Error::BadInput("The cursor is none that this service gave out.".into()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_moment_shows_what_has_ended() {
        let shown = |moment: &Moment| (8..22).filter(|it| moment.shows(*it)).collect::<Vec<_>>();
        let moment = Moment::read("10:20:10,14").unwrap();
        assert_eq!(shown(&moment), [8, 9, 11, 12, 13, 15, 16, 17, 18, 19]);
        assert_eq!(moment.end(), Place::end_of(9));
        assert_eq!(Moment::read("10:10:"), Some(Moment::after(9)));
        assert_eq!(shown(&Moment::after(9)), [8, 9]);
        for wrong in ["", "10", "10:20", "10:20:x", "x:20:"] {
            assert_eq!(Moment::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_place_is_read_as_it_is_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        let place = Place { position: 7, at };
        assert_eq!(Seen::decode(&place.encode()), Ok(Seen { at, when: When::InOrder(7) }));
        assert_eq!(Seen::decode(&at.encode()), Ok(Seen { at, when: When::Unknown }));
        assert_eq!(Cursor::decode(&place.encode()), Ok(at));
        let long = URL_SAFE_NO_PAD.encode([0; 40]);
        for wrong in ["", "x", &place.encode()[1..], &long] {
            assert!(matches!(Seen::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
            assert!(matches!(Cursor::decode(wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn a_moment_is_read_as_it_is_written_and_is_a_cursor_too() {
        let at = Cursor { at: "2026-01-01T00:00:00.000001Z".parse().unwrap(), uuid: Uuid::max() };
        for written in ["0:0:", "10:10:", "10:20:10,14", "4294967296:4294967300:4294967297"] {
            let moment = Moment::read(written).unwrap();
            let text = moment.encode(at);
            assert_eq!(Seen::decode(&text), Ok(Seen { at, when: When::At(moment) }), "{written}");
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
            assert!(matches!(Seen::decode(&wrong), Err(Error::BadInput(_))), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_that_cannot_name_all_takes_the_rest_for_unseen() {
        let running: Vec<_> = (10..200).step_by(2).map(|it: i64| it.to_string()).collect();
        let moment = Moment::read(&format!("10:200:{}", running.join(","))).unwrap();
        let Ok(Seen { when: When::At(kept), .. }) = Seen::decode(&moment.encode(Cursor::max()))
        else {
            panic!("it is read")
        };
        let named = 10 + 2 * i64::try_from(MAX_RUNNING).unwrap();
        for position in 0..220 {
            let shown = moment.shows(position) && position < named;
            assert_eq!(kept.shows(position), shown, "{position}");
        }
    }
}
