//! The wait for the head of a request. hyper has one limit for the silence before it and for the
//! head itself; they want two.

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

/// The timer of one connection, which hyper sets for nothing but the wait for a head. The wait
/// ends earlier once the head has begun to come.
#[derive(Debug, Clone)]
pub struct HeadTimer {
    head: Duration,
    begun: Arc<AtomicBool>,
}

impl HeadTimer {
    /// For heads that may take as long as `head`.
    pub fn new(head: Duration) -> Self {
        Self { head, begun: Arc::default() }
    }

    /// Says that something has come over the connection.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        self.begun.store(false, Ordering::Relaxed);
        Box::pin(Wait {
            sleep: Box::pin(tokio::time::sleep_until(deadline.into())),
            timer: self.clone(),
            begun: false,
        })
    }
}

struct Wait {
    sleep: Pin<Box<tokio::time::Sleep>>,
    timer: HeadTimer,
    begun: bool,
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.begun && self.timer.begun.load(Ordering::Relaxed) {
            self.begun = true;
            let deadline = tokio::time::Instant::now() + self.timer.head;
            self.sleep.as_mut().reset(deadline);
        }
        self.sleep.as_mut().poll(context)
    }
}
