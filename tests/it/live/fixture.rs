//! Users on a store, writers and subscribers.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use cruddur::{
    domain::{Activity, HasCursor, LogPosition, Viewer},
    events::EventBus,
    service::Change,
    sources::Sources,
};
use futures_util::{Stream, StreamExt, future::join_all};
use sqlx::PgConnection;
use tokio::{
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::support::{TestApp, fixtures};

/// The timeout of each wait. A passing test never reaches it.
pub const TIMEOUT: Duration = Duration::from_secs(60);

pub const ANDREW: Viewer = Viewer::User(fixtures::ANDREW);
pub const BAYKO: Viewer = Viewer::User(fixtures::BAYKO);
pub const WORF: Viewer = Viewer::User(fixtures::WORF);

/// Returns a gateway over an empty store and imports Andrew, Bayko, Worf and Londo.
pub async fn gateway(sources: Sources) -> TestApp {
    TestApp::with_data(sources, &fixtures::people()).await
}

impl TestApp {
    /// Exchanges events between this gateway and others over a bus, until the result is dropped.
    pub fn run_events(&self, bus: Arc<dyn EventBus>) -> RunningEvents {
        let service = self.service.clone();
        RunningEvents(tokio::spawn(async move { service.run_events(bus).await }))
    }

    /// Advances the clock by a second and posts a crud that expires after a day.
    pub async fn post(&self, by: Viewer, text: &str) -> Activity {
        self.post_for("1-day", by, text).await
    }

    /// Advances the clock by a second and posts a crud with a time to live.
    pub async fn post_for(&self, ttl: &str, by: Viewer, text: &str) -> Activity {
        self.clock.advance(TimeDelta::seconds(1));
        let posted = self.service.create_activity(by, Some(text), Some(ttl), None).await;
        posted.expect("the crud is valid")
    }

    /// Posts cruds by concurrent writers. Each text is the writer's number and a count from 0.
    pub async fn post_all(&self, writers: usize, each: usize) {
        join_all((0..writers).map(|writer| {
            let service = self.service.clone();
            let post = async move {
                for n in 0..each {
                    let (by, text) = ([ANDREW, BAYKO, WORF][writer % 3], format!("{writer} {n}"));
                    let posted =
                        service.create_activity(by, Some(&text), Some("1-day"), None).await;
                    posted.expect("the crud is valid");
                }
            };
            async { tokio::spawn(post).await.expect("no writer panics") }
        }))
        .await;
    }

    /// Subscribes to new cruds, after a cursor or from now.
    pub async fn cruds(&self, after: Option<&str>) -> impl Stream<Item = Change<Activity>> + use<> {
        self.service.activities_created(after).await.expect("the cursor is valid")
    }
}

/// A gateway's exchange of events, which stops when this is dropped.
pub struct RunningEvents(JoinHandle<()>);

impl Drop for RunningEvents {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Inserts a crud as the original backend does and leaves the transaction open.
pub async fn begin(connection: &mut PgConnection, text: &str) {
    sqlx::raw_sql("BEGIN").execute(&mut *connection).await.expect("a transaction begins");
    let insert = "INSERT INTO activities (user_uuid, message, expires_at) \
                  VALUES ($1, $2, '2030-01-01Z')";
    let insert = sqlx::query(insert).bind(fixtures::WORF).bind(text);
    insert.execute(connection).await.expect("the row is valid");
}

/// Ends the transaction with `COMMIT` or `ROLLBACK`.
pub async fn end(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.expect("the transaction ends");
}

/// Returns the next item of a stream. Panics after [`TIMEOUT`] or if the stream ends.
pub async fn next<T>(stream: impl Stream<Item = T>) -> T {
    let mut stream = std::pin::pin!(stream);
    let next = timeout(TIMEOUT, stream.next()).await;
    next.expect("an item arrives in time").expect("the stream continues")
}

/// Returns the texts of the next cruds and the log position of the last one.
pub async fn texts(
    stream: impl Stream<Item = Change<Activity>>,
    count: usize,
) -> (Vec<String>, Option<LogPosition>) {
    let mut stream = std::pin::pin!(stream);
    let (mut texts, mut last) = (Vec::new(), None);
    for _ in 0..count {
        let (position, crud) = next(&mut stream).await;
        assert_eq!(position.at, crud.cursor());
        assert!(last < Some(position), "positions increase");
        texts.push(crud.message.clone());
        last = Some(position);
    }
    (texts, last)
}

/// Polls every 10 ms until `poll` returns a value. Panics after [`TIMEOUT`].
pub async fn until<T>(what: &str, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let polling = async {
        loop {
            if let Some(value) = poll().await {
                return value;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(TIMEOUT, polling).await.unwrap_or_else(|_| panic!("timed out: {what}"))
}
