//! Admission: the number of operations that are executed at once, and of those that wait.
//!
//! An operation takes permits in proportion to the fields that its response may have, so that the
//! permits bound the memory of all responses together: a small operation takes one, and the dearest
//! that the limits allow takes half of them. Waiting operations are served in their order, so that a
//! dear one gets its permits even if cheap ones keep coming.
//!
//! Documents that are not in the cache are read on threads of their own, a few at once. New documents
//! therefore leave cores for other requests, however many come, and the memory of the parser is bounded.

use std::{panic::resume_unwind, sync::Arc, thread::available_parallelism};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use tracing::Span;

use crate::error::{Error, Result};

/// How many operations are executed at once by default. Most of the time an operation waits for the
/// database: a few for each of its ten connections keep them busy.
pub const MAX_EXECUTIONS: u32 = 64;
/// How many of the dearest operations are executed at once: one for each core of a small machine.
const DEAREST_AT_ONCE: u32 = 2;
/// The permits that waiting operations can want, as a multiple of all permits. An operation that is
/// admitted waits for at most as many full rounds, which stays below the timeout of responses.
const MAX_WAITING: u32 = 4;

/// The memory of the requests whose new documents are read or wait for it, in kB.
const WAITING_KILOBYTES: u32 = 32 * 1024;
/// The least that one of them counts, in kB, so that 256 wait at most. The slowest document takes some
/// 10 ms, and the last one therefore waits for a few seconds.
const MIN_REQUEST_KILOBYTES: u32 = 128;
/// The memory of a subscription that always fits, in kB.
const SMALL_SUBSCRIPTION_KILOBYTES: u32 = 32;
/// The memory of all other subscriptions, in kB.
const SUBSCRIPTION_KILOBYTES: u32 = 32 * 1024;

/// The operations that are executed and those that wait. Clones share them.
#[derive(Debug, Clone)]
pub struct Admission {
    /// The permits that the dearest operation takes.
    dearest: u32,
    max_fields: u64,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The right to execute one operation. Drop it when the operation is complete.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    _permits: OwnedSemaphorePermit,
}

impl Admission {
    /// Admits `max_executions` operations at once, if each is small. `max_fields` is the largest
    /// number of fields that a response may have.
    pub fn new(max_executions: u32, max_fields: u64) -> Self {
        let max_executions = max_executions.max(1);
        let waiting = max_executions.saturating_mul(MAX_WAITING);
        Self {
            dearest: (max_executions / DEAREST_AT_ONCE).max(1),
            max_fields: max_fields.max(1),
            running: Arc::new(Semaphore::new(max_executions as usize)),
            waiting: Arc::new(Semaphore::new(waiting as usize)),
        }
    }

    /// Waits until an operation may be executed whose response has at most `fields` fields.
    /// Dropping the future gives its place up.
    ///
    /// [`Error::Unavailable`], at once, if too many operations wait already.
    pub async fn admit(&self, fields: u64) -> Result<Permit> {
        let permits = self.permits(fields);
        let waiting = Arc::clone(&self.waiting).try_acquire_many_owned(permits);
        let place = waiting.map_err(|_| Error::Unavailable)?;
        let permit = self.acquire(permits).await;
        drop(place);
        Ok(permit)
    }

    /// Waits until an event may be resolved whose response has at most `fields` fields. Events are
    /// never rejected, because their subscribers would miss them; the number of subscriptions
    /// bounds how many can wait.
    pub async fn admit_event(&self, fields: u64) -> Permit {
        self.acquire(self.permits(fields)).await
    }

    async fn acquire(&self, permits: u32) -> Permit {
        let acquired = Arc::clone(&self.running).acquire_many_owned(permits).await;
        Permit { _permits: acquired.expect("the semaphore is never closed") }
    }

    fn permits(&self, fields: u64) -> u32 {
        let share = u128::from(fields) * u128::from(self.dearest);
        let permits = share.div_ceil(self.max_fields.into()).clamp(1, self.dearest.into());
        u32::try_from(permits).unwrap_or(self.dearest)
    }
}

/// The new documents that are read and those that wait. Clones share them.
#[derive(Debug, Clone)]
pub struct DocumentAdmission {
    reading: Arc<Semaphore>,
    /// A permit for each kilobyte of the requests whose documents are read or wait.
    kilobytes: Arc<Semaphore>,
}

impl Default for DocumentAdmission {
    /// Reads documents on half of the cores.
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::new((cores / 2).max(1))
    }
}

impl DocumentAdmission {
    fn new(at_once: usize) -> Self {
        Self {
            reading: Arc::new(Semaphore::new(at_once)),
            kilobytes: Arc::new(Semaphore::new(WAITING_KILOBYTES as usize)),
        }
    }

    /// Runs a function that reads a document, on a thread for blocking work. `bytes` is the memory of
    /// the request. Dropping the future gives its place up; a function that runs already completes, and
    /// counts until then.
    ///
    /// [`Error::Unavailable`], at once, if too many documents wait already.
    pub async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let kilobytes = kilobytes(bytes).clamp(MIN_REQUEST_KILOBYTES, WAITING_KILOBYTES);
        let place = Arc::clone(&self.kilobytes).try_acquire_many_owned(kilobytes);
        let place = place.map_err(|_| Error::Unavailable)?;
        let permit = Arc::clone(&self.reading).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let span = Span::current();
        let read = spawn_blocking(move || {
            let _permits = (place, permit);
            span.in_scope(read)
        });
        read.await.map_err(|error| match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime shuts down.
            Err(_) => Error::Unavailable,
        })
    }
}

fn kilobytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// The memory of the subscriptions that are open. Clones share it.
///
/// A subscription holds its operation and its variables for as long as it is open. Most take a few
/// kilobytes, but 50 of the largest on one socket would take 100 MB.
#[derive(Debug, Clone)]
pub struct SubscriptionMemory(Arc<Semaphore>);

impl Default for SubscriptionMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SUBSCRIPTION_KILOBYTES as usize)))
    }
}

impl SubscriptionMemory {
    /// Admits a subscription that holds this many bytes until the permit is dropped. Small ones need no
    /// permit.
    ///
    /// [`Error::Unavailable`] if the others hold too much.
    pub fn admit(&self, bytes: usize) -> Result<Option<Permit>> {
        let kilobytes = kilobytes(bytes);
        if kilobytes <= SMALL_SUBSCRIPTION_KILOBYTES {
            return Ok(None);
        }
        let permits = Arc::clone(&self.0).try_acquire_many_owned(kilobytes);
        permits.map(|permits| Some(Permit { _permits: permits })).map_err(|_| Error::Unavailable)
    }
}

/// The admission of the events of one subscription.
pub struct EventAdmission {
    pub admission: Admission,
    /// The largest number of fields that the response to an event has.
    pub fields: u64,
}

impl EventAdmission {
    /// As [`Admission::admit_event`].
    pub async fn admit(&self) -> Permit {
        self.admission.admit_event(self.fields).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MAX_FIELDS: u64 = 1000;

    /// Returns the outcome of a future that needs no turn of the scheduler to complete.
    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        future.now_or_never()
    }

    #[tokio::test]
    async fn small_operations_take_one_permit_and_the_dearest_half_of_them() {
        let admission = Admission::new(8, MAX_FIELDS);
        for (fields, permits) in [(0, 1), (1, 1), (250, 1), (251, 2), (1000, 4), (u64::MAX, 4)] {
            assert_eq!(admission.permits(fields), permits, "{fields} fields");
        }
        for max_executions in [0, 1] {
            assert_eq!(Admission::new(max_executions, 0).permits(MAX_FIELDS), 1);
        }
    }

    #[tokio::test]
    async fn as_many_small_operations_are_executed_as_there_are_permits() {
        let admission = Admission::new(2, MAX_FIELDS);
        let first = now(admission.admit(1)).expect("a free permit").expect("admitted");
        let _second = now(admission.admit(1)).expect("a free permit").expect("admitted");
        let mut third = Box::pin(admission.admit(1));
        assert!((&mut third).now_or_never().is_none());
        drop(first);
        assert!(third.now_or_never().expect("the permit of the first").is_ok());
    }

    #[tokio::test]
    async fn operations_are_rejected_when_too_many_wait() {
        let admission = Admission::new(1, MAX_FIELDS);
        let running = now(admission.admit(1)).expect("a free permit").expect("admitted");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(admission.admit(1))).collect();
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));
        assert_eq!(now(admission.admit(1)).expect("an answer").err(), Some(Error::Unavailable));
        // One that is cancelled makes room for another.
        waiting.pop();
        assert!(now(admission.admit(1)).is_none());
        drop(running);
        let first = waiting.remove(0).now_or_never().expect("its turn");
        assert!(first.is_ok());
    }

    #[tokio::test]
    async fn a_dear_operation_that_waits_is_served_before_later_small_ones() {
        let admission = Admission::new(4, MAX_FIELDS);
        let mut running: Vec<_> = (0..4).filter_map(|_| now(admission.admit(1))).collect();
        let mut dear = Box::pin(admission.admit(MAX_FIELDS));
        assert!((&mut dear).now_or_never().is_none());
        let mut small = Box::pin(admission.admit(1));
        assert!((&mut small).now_or_never().is_none());
        running.pop();
        assert!((&mut small).now_or_never().is_none(), "the dear one is first");
        running.pop();
        let dear = dear.now_or_never().expect("its two permits");
        assert!((&mut small).now_or_never().is_none());
        drop(dear);
        assert!(small.now_or_never().is_some());
    }

    #[tokio::test]
    async fn events_wait_behind_a_full_queue_and_are_not_rejected() {
        let admission = Admission::new(1, MAX_FIELDS);
        let running = now(admission.admit(1)).expect("a free permit");
        let mut waiting: Vec<_> = (0..MAX_WAITING).map(|_| Box::pin(admission.admit(1))).collect();
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));
        let mut event = Box::pin(admission.admit_event(1));
        assert!((&mut event).now_or_never().is_none());
        drop(waiting);
        drop(running);
        assert!(event.now_or_never().is_some());
    }

    #[tokio::test]
    async fn documents_are_read_a_few_at_once_and_rejected_when_too_many_wait() {
        const PLACES: usize = (WAITING_KILOBYTES / MIN_REQUEST_KILOBYTES) as usize;
        let admission = DocumentAdmission::new(1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(admission.read(0, move || held.recv().is_ok()));
        assert!((&mut first).now_or_never().is_none());
        let mut waiting: Vec<_> =
            (1..PLACES).map(|n| Box::pin(admission.read(1000, move || n))).collect();
        assert!(waiting.iter_mut().all(|it| it.now_or_never().is_none()));
        assert_eq!(now(admission.read(0, || ())).expect("an answer"), Err(Error::Unavailable));
        // One that is cancelled makes room for another.
        waiting.pop();
        assert!(now(admission.read(0, || ())).is_none());
        release.send(()).expect("the first reads");
        assert_eq!(first.await, Ok(true));
        assert_eq!(waiting.remove(0).await, Ok(1));
    }

    #[tokio::test]
    async fn few_large_requests_wait_for_their_documents() {
        let admission = DocumentAdmission::new(1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let mut large = Box::pin(admission.read(usize::MAX, move || held.recv().is_ok()));
        assert!((&mut large).now_or_never().is_none());
        assert_eq!(now(admission.read(0, || ())).expect("an answer"), Err(Error::Unavailable));
        release.send(()).expect("the first reads");
        assert_eq!(large.await, Ok(true));
    }

    #[tokio::test]
    #[should_panic(expected = "a defect")]
    async fn a_panic_of_the_reader_is_the_requests_own() {
        let _ = DocumentAdmission::new(1).read(0, || panic!("a defect")).await;
    }

    #[test]
    fn large_subscriptions_share_their_memory() {
        let memory = SubscriptionMemory::default();
        let half = SUBSCRIPTION_KILOBYTES as usize * 1024 / 2;
        let first = memory.admit(half).expect("room");
        let second = memory.admit(half).expect("room");
        assert!(first.is_some() && second.is_some());
        for bytes in [half, 64 * 1024, usize::MAX] {
            assert_eq!(memory.admit(bytes).err(), Some(Error::Unavailable));
        }
        assert!(memory.admit(4000).expect("small ones always fit").is_none());
        drop(first);
        assert!(memory.admit(half).is_ok_and(|permit| permit.is_some()));
    }
}
