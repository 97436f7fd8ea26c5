use std::{collections::BTreeSet, pin::pin};

use cruddur::domain::{HasCursor, Snapshot, Viewer};
use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    live::fixture::{ANDREW, BAYKO, WORF, begin, end, gateway, next, texts},
    live::graphql::{follow, json},
    support::{
        TestApp, in_memory,
        stores::{PostgresDatabase, SqliteFile},
    },
};

const WRITERS: usize = 8;
const EACH: usize = 12;
const READERS: usize = 16;

/// The texts of the newest cruds, and the cursor of the first of them.
async fn home(world: &TestApp) -> (Vec<String>, String) {
    let document = "{ home(first: 100) { edges { cursor node { message } } } }";
    let page = json(follow(world, Viewer::Anonymous, document)).await;
    let edges = page["data"]["home"]["edges"].as_array().expect("a page");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let texts = edges.iter().map(|edge| text(&edge["node"]["message"])).collect();
    (texts, text(&edges[0]["cursor"]))
}

#[tokio::test]
async fn a_write_concurrent_with_a_page_arrives_after_it() {
    let database = PostgresDatabase::new("live_pages").await;
    let world = gateway(database.open()).await;
    let mut other = database.connect().await;
    world.post(ANDREW, "before").await;
    begin(&mut other, "late").await;
    world.post(BAYKO, "in time").await;

    let (page, cursor) = home(&world).await;
    assert_eq!(page, ["in time", "before"]);
    end(&mut other, "COMMIT").await;
    let mut live = pin!(world.cruds(Some(&cursor)).await);
    world.post(WORF, "after").await;
    assert_eq!(texts(&mut live, 2).await.0, ["late", "after"]);
}

/// The moment of a page may be of another life of the store, which has gone back since.
#[tokio::test]
async fn a_cursor_from_a_store_that_was_ahead_resumes_by_time() {
    let database = PostgresDatabase::new("live_ahead").await;
    let world = gateway(database.open()).await;
    let top = world.post(ANDREW, "before").await;
    let ahead = Snapshot::after(1 << 40);
    world.post(BAYKO, "after").await;
    let cursor = ahead.encode(top.cursor());
    assert_eq!(texts(world.cruds(Some(&cursor)).await, 1).await.0, ["after"]);
}

/// Each of many readers has every crud once, by a page or behind it, whenever they come.
async fn readers_have_each_once(world: &TestApp) {
    world.post(ANDREW, "before").await;
    let read = join_all((0..READERS).map(|reader| async move {
        let (page, cursor) = loop {
            let (page, cursor) = home(world).await;
            if page.len() > reader * WRITERS * EACH / READERS {
                break (page, cursor);
            }
        };
        let mut live = pin!(world.cruds(Some(&cursor)).await);
        let mut all: BTreeSet<_> = page.into_iter().collect();
        while all.len() < 1 + WRITERS * EACH {
            let (_, crud) = next(&mut live).await;
            assert!(all.insert(crud.message.clone()), "{} comes twice", crud.message);
        }
    }));
    tokio::join!(world.post_all(WRITERS, EACH), read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_from_postgres() {
    let database = PostgresDatabase::new("live_readers").await;
    readers_have_each_once(&gateway(database.open()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_from_sqlite() {
    let file = SqliteFile::new();
    readers_have_each_once(&gateway(file.open()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_get_each_crud_once_in_memory() {
    readers_have_each_once(&gateway(in_memory()).await).await;
}
