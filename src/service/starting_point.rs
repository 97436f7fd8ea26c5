//! Where in a change log a subscription starts.

use super::change_log::ChangeLog;
use crate::{
    domain::{Cursor, LogPosition, ResumeCursor, ResumePoint, Snapshot},
    error::Result,
};

/// Where in a change log a subscription starts, and which items it skips.
pub struct StartingPoint {
    /// A position up to which all items are readable: the end of the log, or a little before it.
    pub now: LogPosition,
    /// The position to read from. The subscriber may have seen items after it.
    pub from: LogPosition,
    /// What was readable when the subscriber last read.
    snapshot: Snapshot,
    /// How much of the snapshot the subscriber has seen.
    seen: SeenUpTo,
}

/// How much of a snapshot a subscriber has seen.
enum SeenUpTo {
    /// All of it.
    End,
    /// The items up to this position, in the order of the log.
    Position(LogPosition),
    /// The items up to this cursor, in the order of time.
    Time(Cursor),
}

impl StartingPoint {
    /// Resolves the `after` argument of a subscription; `snapshot` is the current state of the store.
    /// Without `after`, or with an empty one, the subscription starts at the end of the log.
    ///
    /// A cursor may hold a position or a snapshot, but the store may have been restored from a backup
    /// since, and then they mean nothing. So the position is looked up if the item still exists, and
    /// a snapshot that contradicts the store is ignored.
    ///
    /// [`crate::error::Error::BadInput`] for a malformed cursor.
    pub async fn resolve(
        log: &impl ChangeLog,
        snapshot: Snapshot,
        after: Option<&str>,
    ) -> Result<Self> {
        let now = snapshot.end();
        let Some(ResumeCursor { at, when }) = ResumeCursor::decode_argument(after)? else {
            return Ok(Self { now, from: now, snapshot, seen: SeenUpTo::End });
        };
        let latest = log.position_up_to(at).await?;
        let existing = latest.filter(|latest| latest.at == at);
        let position = match when {
            ResumePoint::Log(position)
                if existing.is_none() && now > (LogPosition { position, at }) =>
            {
                position
            }
            _ => latest.map_or(0, |latest| latest.position),
        };
        let last = LogPosition { position, at };
        Ok(match when {
            ResumePoint::Snapshot(then)
                if then.is_before(&snapshot)
                    && existing.is_none_or(|it| then.contains(it.position)) =>
            {
                Self { now, from: last.min(then.end()), snapshot: then, seen: SeenUpTo::Time(at) }
            }
            _ => Self { now, from: last.min(now), snapshot, seen: SeenUpTo::Position(last) },
        })
    }

    /// Returns whether the subscriber has seen the item at a position.
    pub fn has_seen(&self, position: &LogPosition) -> bool {
        let is_seen = match &self.seen {
            SeenUpTo::End => true,
            SeenUpTo::Position(last) => position <= last,
            SeenUpTo::Time(last) => position.at <= *last,
        };
        is_seen && self.snapshot.contains(position.position)
    }
}
