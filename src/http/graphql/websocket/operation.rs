//! One operation of a WebSocket.

use async_graphql::Response;
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use tokio::{sync::mpsc, task::JoinSet};
use tracing::Instrument;

/// Runs an operation in a task of its own, so that it completes a response that it has begun, and
/// gives its permit back, even if the client does not read. The next response begins when the
/// previous one is taken. `Err` if a resolver panicked. Drop the stream to cancel the operation.
pub fn run(
    mut responses: BoxStream<'static, Response>,
) -> impl Stream<Item = Result<Response, ()>> + Send {
    // Boxed, because a channel allocates 32 places at once.
    let (sender, receiver) = mpsc::channel::<Box<Response>>(1);
    let mut task = JoinSet::new();
    let operation = async move {
        while let Ok(place) = sender.reserve().await
            && let Some(response) = responses.next().await
        {
            place.send(Box::new(response));
        }
    };
    task.spawn(operation.in_current_span());
    stream::unfold((receiver, task), async |(mut receiver, mut task)| {
        let response = match receiver.recv().await {
            Some(response) => Ok(*response),
            None => task.join_next().await?.err().map(|_| Err(()))?,
        };
        Some((response, (receiver, task)))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use async_graphql::Value;
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn a_response_completes_before_it_is_read_and_the_next_one_waits() {
        let begun = Arc::new(AtomicUsize::new(0));
        let responses = stream::iter(0..3).then({
            let begun = begun.clone();
            move |number| {
                begun.fetch_add(1, Ordering::Relaxed);
                async move {
                    yield_now().await;
                    Response::new(Value::from(number))
                }
            }
        });
        let mut responses = Box::pin(run(responses.boxed()));
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        for number in 0..3 {
            let response = responses.next().await.expect("a response").expect("no panic");
            assert_eq!(response.data, Value::from(number));
        }
        assert!(responses.next().await.is_none());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_end() {
        let mut responses = Box::pin(run(stream::once(async { panic!("no store") }).boxed()));
        assert_eq!(responses.next().await.map(|response| response.is_err()), Some(true));
        assert!(responses.next().await.is_none());
    }

    #[tokio::test]
    async fn dropping_the_stream_cancels_the_operation() {
        let held = Arc::new(());
        let response = {
            let held = held.clone();
            async move {
                let _held = held;
                std::future::pending().await
            }
        };
        let responses = run(stream::once(response).boxed());
        yield_now().await;
        drop(responses);
        while Arc::strong_count(&held) > 1 {
            yield_now().await;
        }
    }
}
