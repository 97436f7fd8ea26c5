//! Long executions give way to other tasks, and their fetches stay whole.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::Response;
use cruddur::{
    domain::Viewer,
    graphql::{self, SchemaOptions},
};
use futures_util::{FutureExt, StreamExt};
use tokio::{task::yield_now, time::timeout};

use crate::{
    graphql::fixture::{SchemaClient, crowd, global_id, people},
    support::{filled, in_memory, recording_store::RecordingStore},
};

/// Asks for 2500 activities with their authors: more than 20,000 fields. `more` selects more of each.
fn long_document(more: &str) -> String {
    let shown =
        format!("id uuid message createdAt likesCount repliesCount author {{ handle }} {more}");
    let inner = format!("{{ nodes {{ {shown} }} }}");
    let outer = format!("{{ nodes {{ {shown} a: replies(first: 2) {inner} }} }}");
    format!(
        "{{ home(first: 100) {{ nodes {{
            {shown} a: replies(first: 4) {outer} b: replies(last: 4) {outer}
        }} }} }}"
    )
}

/// Returns how often another task of the thread ran while a document was executed.
async fn turns_of_others(client: &SchemaClient, document: &str) -> (usize, Response) {
    let turns = Arc::new(AtomicUsize::new(0));
    let is_done = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let (turns, is_done) = (turns.clone(), is_done.clone());
        async move {
            while !is_done.load(Ordering::Relaxed) {
                turns.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        }
    });
    let response = client.execute(document).await;
    is_done.store(true, Ordering::Relaxed);
    other.await.unwrap();
    (turns.load(Ordering::Relaxed), response)
}

#[tokio::test]
async fn a_long_execution_gives_way_and_a_short_one_does_not() {
    let client = SchemaClient::new(filled(in_memory(), &crowd(100)).await, Viewer::Anonymous);
    let (short, response) = turns_of_others(&client, "{ home(first: 1) { nodes { id } } }").await;
    assert!(response.is_ok(), "{:?}", response.errors);
    let (long, response) = turns_of_others(&client, &long_document("")).await;
    assert!(response.is_ok(), "{:?}", response.errors);
    // At most 2048 of the more than 20,000 fields are resolved in a turn.
    assert!(short < 5, "{short} turns");
    assert!((10..100).contains(&long), "{long} turns");
}

#[tokio::test]
async fn giving_way_splits_no_batch() {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), &crowd(100)).await);
    let client = SchemaClient::new(sources, Viewer::Anonymous);
    // Likers are not prefetched: each of the 1300 activities asks for its own.
    let (turns, response) =
        turns_of_others(&client, &long_document("likers(first: 1) { nodes { id } }")).await;
    assert!(response.is_ok(), "{:?}", response.errors);
    assert!(turns > 10, "{turns} turns");
    let calls = recorder.calls();
    let fetches = calls.iter().filter(|call| **call == "users_by_relation").count();
    // A fetch loads at most 1000 keys.
    assert_eq!(fetches, 2, "{calls:?}");
}

#[tokio::test]
async fn events_wait_for_a_permit_and_idle_subscriptions_hold_none() {
    let (recorder, sources) = RecordingStore::wrap(filled(in_memory(), &people()).await);
    let client = SchemaClient::new(sources, Viewer::Anonymous);
    let options = SchemaOptions { max_executions: 1, ..SchemaOptions::default() };
    let client = SchemaClient { schema: graphql::schema(options), ..client };
    let after = global_id("cursor of activity 1").expect("an activity");
    let created = format!("subscription {{ activityCreated(after: \"{after}\") {{ cursor }} }}");
    recorder.hold_method("home");
    let mut held = client.stream("{ home { nodes { id } } }");
    assert!(held.next().now_or_never().is_none());
    let mut events = client.stream(&*created);
    for _ in 0..100 {
        assert!(events.next().now_or_never().is_none(), "the query holds the only permit");
        yield_now().await;
    }
    drop(held);
    assert!(events.next().await.is_some_and(|event| event.is_ok()));
    let response = client.execute("{ __typename }").await;
    assert!(response.is_ok(), "{:?}", response.errors);
}

#[tokio::test]
async fn a_time_limit_ends_a_long_execution() {
    let client = SchemaClient::new(filled(in_memory(), &crowd(100)).await, Viewer::Anonymous);
    // The limit has passed when it is first looked at, which is when the execution gives way.
    let outcome = timeout(Duration::ZERO, client.execute(long_document(""))).await;
    assert!(outcome.is_err());
    // Its loaders are gone with it: the next execution starts from the beginning.
    let response = client.execute(long_document("")).await;
    assert!(response.is_ok(), "{:?}", response.errors);
}
