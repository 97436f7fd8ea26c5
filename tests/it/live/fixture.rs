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

/// After how long a test that waits for something has failed. Nothing takes so long that works.
pub const FAILED: Duration = Duration::from_secs(60);

pub const ANDREW: Viewer = Viewer::User(fixtures::ANDREW);
pub const BAYKO: Viewer = Viewer::User(fixtures::BAYKO);
pub const WORF: Viewer = Viewer::User(fixtures::WORF);

/// Returns a gateway over an empty store, which gets Andrew, Bayko, Worf and Londo.
pub async fn gateway(sources: Sources) -> TestApp {
    TestApp::with_data(sources, &fixtures::people()).await
}

impl TestApp {
    /// Exchanges events between this gateway and others over a bus, until the result is dropped.
    pub fn run_events(&self, bus: Arc<dyn EventBus>) -> RunningEvents {
        let service = self.service.clone();
        RunningEvents(tokio::spawn(async move { service.run_events(bus).await }))
    }

    /// Posts a crud that lives for a day, a second after what was posted before.
    pub async fn post(&self, by: Viewer, text: &str) -> Activity {
        self.post_for("1-day", by, text).await
    }

    /// Posts a crud with a time to live.
    pub async fn post_for(&self, ttl: &str, by: Viewer, text: &str) -> Activity {
        self.clock.advance(TimeDelta::seconds(1));
        let posted = self.service.create_activity(by, Some(text), Some(ttl), None).await;
        posted.expect("it is posted")
    }

    /// Posts cruds by several at once: of each writer its number and those from 0 on.
    pub async fn post_all(&self, writers: usize, each: usize) {
        join_all((0..writers).map(|writer| {
            let service = self.service.clone();
            let post = async move {
                for n in 0..each {
                    let (by, text) = ([ANDREW, BAYKO, WORF][writer % 3], format!("{writer} {n}"));
                    let posted =
                        service.create_activity(by, Some(&text), Some("1-day"), None).await;
                    posted.expect("it is posted");
                }
            };
            async { tokio::spawn(post).await.expect("a writer ends") }
        }))
        .await;
    }

    /// Follows new cruds.
    pub async fn cruds(&self, after: Option<&str>) -> impl Stream<Item = Change<Activity>> + use<> {
        self.service.activities_created(after).await.expect("they can be followed")
    }
}

/// A gateway's exchange of events, which stops when this is dropped.
pub struct RunningEvents(JoinHandle<()>);

impl Drop for RunningEvents {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Adds a crud as the original backend does, in a transaction that goes on.
pub async fn begin(connection: &mut PgConnection, text: &str) {
    sqlx::raw_sql("BEGIN").execute(&mut *connection).await.expect("a transaction");
    let insert = "INSERT INTO activities (user_uuid, message, expires_at) \
                  VALUES ($1, $2, '2030-01-01Z')";
    let insert = sqlx::query(insert).bind(fixtures::WORF).bind(text);
    insert.execute(connection).await.expect("it is added");
}

pub async fn end(connection: &mut PgConnection, how: &'static str) {
    sqlx::raw_sql(how).execute(connection).await.expect("the transaction ends");
}

/// The next that a stream gives.
pub async fn next<T>(stream: impl Stream<Item = T>) -> T {
    let mut stream = std::pin::pin!(stream);
    let next = timeout(FAILED, stream.next()).await;
    next.expect("nothing comes").expect("the stream goes on")
}

/// The texts of so many cruds that come next, and the place of the last.
pub async fn texts(
    stream: impl Stream<Item = Change<Activity>>,
    count: usize,
) -> (Vec<String>, Option<LogPosition>) {
    let mut stream = std::pin::pin!(stream);
    let (mut texts, mut last) = (Vec::new(), None);
    for _ in 0..count {
        let (place, crud) = next(&mut stream).await;
        assert_eq!(place.at, crud.cursor());
        assert!(last < Some(place), "places only rise");
        texts.push(crud.message.clone());
        last = Some(place);
    }
    (texts, last)
}

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(FAILED, asking).await.unwrap_or_else(|_| panic!("never: {what}"))
}
