//! Subscriptions that continue after a page.

use std::{collections::BTreeSet, pin::pin};

use cruddur::domain::{HasCursor, Snapshot, Viewer};
use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    live::fixture::{ANDREW, BAYKO, WORF, begin, end, gateway, next, texts},
    live::graphql::{json, subscribe},
    support::{
        TestApp, in_memory,
        stores::{PostgresDatabase, SqliteFile},
    },
};

const WRITERS: usize = 8;
const EACH: usize = 12;
const READERS: usize = 16;

/// Returns the texts of the newest cruds and the cursor of the first one.
async fn home(app: &TestApp) -> (Vec<String>, String) {
    let document = "{ home(first: 100) { edges { cursor node { message } } } }";
    let page = json(subscribe(app, Viewer::Anonymous, document)).await;
    let edges = page["data"]["home"]["edges"].as_array().expect("a page");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let texts = edges.iter().map(|edge| text(&edge["node"]["message"])).collect();
    (texts, text(&edges[0]["cursor"]))
}

#[tokio::test]
async fn a_write_concurrent_with_a_page_arrives_after_it() {
    let database = PostgresDatabase::new("live_pages").await;
    let app = gateway(database.open()).await;
    let mut other = database.connect().await;
    app.post(ANDREW, "before").await;
    begin(&mut other, "late").await;
    app.post(BAYKO, "in time").await;

    let (page, cursor) = home(&app).await;
    assert_eq!(page, ["in time", "before"]);
    end(&mut other, "COMMIT").await;
    let mut live = pin!(app.cruds(Some(&cursor)).await);
    app.post(WORF, "after").await;
    assert_eq!(texts(&mut live, 2).await.0, ["late", "after"]);
}

/// A restored store may be behind the snapshot in a page's cursor. Then only the cursor's time counts.
#[tokio::test]
async fn a_cursor_from_a_store_that_was_ahead_resumes_by_time() {
    let database = PostgresDatabase::new("live_ahead").await;
    let app = gateway(database.open()).await;
    let top = app.post(ANDREW, "before").await;
    let ahead = Snapshot::after(1 << 40);
    app.post(BAYKO, "after").await;
    let cursor = ahead.encode(top.cursor());
    assert_eq!(texts(app.cruds(Some(&cursor)).await, 1).await.0, ["after"]);
}

/// Asserts that concurrent readers get each crud once, either in a page or after it.
async fn check_readers(app: &TestApp) {
    app.post(ANDREW, "before").await;
    let read = join_all((0..READERS).map(|reader| async move {
        let (page, cursor) = loop {
            let (page, cursor) = home(app).await;
            if page.len() > reader * WRITERS * EACH / READERS {
                break (page, cursor);
            }
        };
        let mut live = pin!(app.cruds(Some(&cursor)).await);
        let mut all: BTreeSet<_> = page.into_iter().collect();
        while all.len() < 1 + WRITERS * EACH {
            let (_, crud) = next(&mut live).await;
            assert!(all.insert(crud.message.clone()), "{} arrives twice", crud.message);
        }
    }));
    tokio::join!(app.post_all(WRITERS, EACH), read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_from_postgres() {
    let database = PostgresDatabase::new("live_readers").await;
    check_readers(&gateway(database.open()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_from_sqlite() {
    let file = SqliteFile::new();
    check_readers(&gateway(file.open()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_in_memory() {
    check_readers(&gateway(in_memory()).await).await;
}
