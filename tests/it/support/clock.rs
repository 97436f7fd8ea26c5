//! A clock that stands still until the test advances it.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use cruddur::{domain::Timestamp, service::Clock};
use uuid::{Builder, Uuid};

/// A clock that only [`advance`](Self::advance) and [`correct`](Self::correct) move, and whose ids
/// count up.
pub struct ManualClock {
    start: Timestamp,
    /// Microseconds.
    passed: AtomicI64,
    /// How far the wall clock was corrected, in microseconds.
    correction: AtomicI64,
    ids: AtomicU64,
}

impl ManualClock {
    /// Returns the default time of a clock: 2026-01-01T00:00:00Z.
    pub fn start() -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_767_225_600)
    }

    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            passed: AtomicI64::new(0),
            correction: AtomicI64::new(0),
            ids: AtomicU64::new(1),
        }
    }

    pub fn advance(&self, by: TimeDelta) {
        let micros = by.num_microseconds().expect("the duration fits into 64 bits of microseconds");
        self.passed.fetch_add(micros, Ordering::SeqCst);
    }

    /// Sets the wall clock forward or back. No time passes.
    pub fn correct(&self, by: TimeDelta) {
        let micros = by.num_microseconds().expect("the duration fits into 64 bits of microseconds");
        self.correction.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Self::start())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let passed = self.passed.load(Ordering::SeqCst) + self.correction.load(Ordering::SeqCst);
        self.start + TimeDelta::microseconds(passed)
    }

    fn elapsed(&self) -> Duration {
        let micros = self.passed.load(Ordering::SeqCst);
        Duration::from_micros(u64::try_from(micros).expect("the clock goes forward"))
    }

    fn new_uuid(&self, now: Timestamp) -> Uuid {
        let mut count = [0; 10];
        count[2..].copy_from_slice(&self.ids.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let millis = u64::try_from(now.timestamp_millis()).expect("the time is after 1970");
        Builder::from_unix_timestamp_millis(millis, &count).into_uuid()
    }
}
