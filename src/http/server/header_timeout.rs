//! The timeout for the headers of a request.
//!
//! hyper has one timeout for the idle time before a request and for its headers. The two need
//! different lengths.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// The timer of one connection. hyper uses it for the header timeout and for nothing else, and sets
/// it to the idle timeout. The first byte of a request shortens that to the header timeout.
#[derive(Debug, Clone)]
pub struct HeaderTimeout {
    duration: Duration,
    has_begun: Arc<AtomicBool>,
}

impl HeaderTimeout {
    /// Creates a timer for headers that may take `duration` from their first byte.
    pub fn new(duration: Duration) -> Self {
        Self { duration, has_begun: Arc::default() }
    }

    /// Records that bytes have arrived on the connection.
    pub fn begin(&self) {
        self.has_begun.store(true, Ordering::Relaxed);
    }
}

impl Timer for HeaderTimeout {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.has_begun.store(false, Ordering::Relaxed);
        Box::pin(HeaderSleep {
            sleep: Box::pin(tokio::time::sleep_until(deadline.into())),
            timeout: self.clone(),
            is_shortened: false,
        })
    }
}

struct HeaderSleep {
    sleep: Pin<Box<tokio::time::Sleep>>,
    timeout: HeaderTimeout,
    is_shortened: bool,
}

impl Sleep for HeaderSleep {}

impl Future for HeaderSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.is_shortened && self.timeout.has_begun.load(Ordering::Relaxed) {
            self.is_shortened = true;
            let deadline = tokio::time::Instant::now() + self.timeout.duration;
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(context)
    }
}
