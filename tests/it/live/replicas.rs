//! Two gateways over one database, with broken connections and event buses.

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use cruddur::{
    domain::{HasCursor, LogPosition},
    events::{Event, EventBus, Events, Nats, Postgres},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::{
    live::fixture::{ANDREW, TIMEOUT, gateway, next, until},
    live::nats::NatsServer,
    support::{TestApp, fixtures::id, stores::PostgresDatabase},
};

const WRITERS: usize = 8;
const EACH: usize = 125;
const CUTS: usize = 20;

/// Subscribes after a cursor and reconnects again and again. Asserts that each of the thousand cruds
/// arrives once, in the order of its writer and in the order of log positions.
async fn follow_all(app: &TestApp, after: &str) {
    let mut received = Vec::new();
    let mut after = after.to_owned();
    for cut in 0..=CUTS {
        let mut live = pin!(app.cruds(Some(&after)).await);
        let count = WRITERS * EACH / (CUTS + 1);
        let more = if cut == CUTS { WRITERS * EACH - received.len() } else { count };
        for _ in 0..more {
            let (position, crud) = next(&mut live).await;
            received.push((position, crud.message.clone()));
            after = position.encode();
        }
    }
    let mut counts = HashMap::<_, usize>::new();
    for (_, text) in &received {
        let (writer, n) = text.split_once(' ').expect("two numbers");
        let count = counts.entry(writer).or_default();
        assert_eq!(n, count.to_string(), "of writer {writer}");
        *count += 1;
    }
    assert_eq!(counts.values().sum::<usize>(), WRITERS * EACH);
    assert!(received.is_sorted_by(|(one, _), (other, _)| one < other));
}

/// Subscribes after all cruds are written. Returns those after the cursor.
async fn read_all(app: &TestApp, after: &str) -> Vec<(LogPosition, String)> {
    let live = app.cruds(Some(after)).await;
    let all = live.take(WRITERS * EACH).map(|(position, crud)| (position, crud.message.clone()));
    timeout(TIMEOUT, all.collect()).await.expect("all cruds arrive in time")
}

/// Returns a gateway's event bus over the database.
fn bus(database: &PostgresDatabase) -> Arc<dyn EventBus> {
    Arc::new(Postgres::new(&database.url.as_str().into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_that_reconnects_misses_none_of_a_thousand_cruds() {
    let database = PostgresDatabase::new("live_cuts").await;
    let here = gateway(database.open()).await;
    let there = here.beside(database.open());
    let _events = [here.run_events(bus(&database)), there.run_events(bus(&database))];
    let after = here.post(ANDREW, "before").await.cursor().encode();
    tokio::join!(here.post_all(WRITERS, EACH), follow_all(&there, &after));
    assert_eq!(read_all(&here, &after).await, read_all(&there, &after).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_event_bus_loses_none_of_a_thousand_cruds() {
    let database = PostgresDatabase::new("live_lines").await;
    let here = gateway(database.open()).await;
    let there = here.beside(database.open());
    let _events = [here.run_events(bus(&database)), there.run_events(bus(&database))];
    let after = here.post(ANDREW, "before").await.cursor().encode();
    let followed = async { tokio::join!(here.post_all(WRITERS, EACH), follow_all(&there, &after)) };
    let mut followed = pin!(followed);
    let mut kills = 0;
    loop {
        tokio::select! {
            _ = &mut followed => break,
            killed = kill_listeners(&database) => kills += killed,
        }
    }
    assert!(kills > 2, "{kills} connections were ended");
}

/// Waits until gateways listen in a database and ends these connections. Returns their number.
async fn kill_listeners(database: &PostgresDatabase) -> usize {
    let mut connection = database.connect().await;
    until("a gateway listens in the database", async || {
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND query ILIKE 'LISTEN%'";
        let killed: Vec<(bool,)> = sqlx::query_as(kill)
            .fetch_all(&mut connection)
            .await
            .expect("the connections can be ended");
        Some(killed.len()).filter(|killed| *killed > 0)
    })
    .await
}

/// Asserts that two gateways exchange events over their buses, and do so again after `cut` has broken
/// the connections.
async fn check_reconnect(buses: [Arc<dyn EventBus>; 2], cut: impl AsyncFnOnce()) {
    let [here, there] = [Events::default(), Events::default()];
    let mut received = there.subscribe();
    let [bus, other] = buses;
    let running =
        [tokio::spawn(here.clone().run(bus, id(1))), tokio::spawn(there.clone().run(other, id(2)))];
    // Returns when the bus connects, because events may have been missed until then.
    timeout(TIMEOUT, received.wait_for(|_| false)).await.expect("the bus connects");
    delivers(&here, &there, Event::ActivityChanged(id(7))).await;
    let mut received = there.subscribe();
    cut().await;
    // Skips the events that arrived in the meantime.
    timeout(TIMEOUT, received.wait_for(|_| false)).await.expect("the bus reconnects");
    delivers(&here, &there, Event::ActivityChanged(id(8))).await;
    running.iter().for_each(|running| running.abort());
}

/// Publishes an event until the other gateway receives it.
async fn delivers(here: &Events, there: &Events, event: Event) {
    until("the event is delivered", async || {
        let mut received = there.subscribe();
        here.publish(event);
        let received =
            timeout(Duration::from_millis(500), received.wait_for(|it| it == event)).await;
        received.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_event_bus_recovers_when_postgres_ends_its_connections() {
    let database = PostgresDatabase::new("live_again").await;
    check_reconnect([bus(&database), bus(&database)], async || {
        kill_listeners(&database).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_delivers_a_thousand_cruds_to_another_gateway() {
    let server = NatsServer::start();
    let database = PostgresDatabase::new("live_nats").await;
    let here = gateway(database.open()).await;
    let there = here.beside(database.open());
    let bus = || Arc::new(Nats::new(server.url.as_str().into()));
    let _events = [here.run_events(bus()), there.run_events(bus())];
    let after = here.post(ANDREW, "before").await.cursor().encode();
    tokio::join!(here.post_all(WRITERS, EACH), follow_all(&there, &after));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_event_bus_recovers_when_nats_restarts() {
    let mut server = NatsServer::start();
    let bus = || Arc::new(Nats::new(server.url.as_str().into())) as Arc<dyn EventBus>;
    let buses = [bus(), bus()];
    check_reconnect(buses, async || server.restart()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_event_bus_cruds_arrive_by_polling() {
    let database = PostgresDatabase::new("live_alone").await;
    let here = gateway(database.open()).await;
    let there = here.beside(database.open());
    let mut live = pin!(there.cruds(None).await);
    here.post(ANDREW, "untold").await;
    assert_eq!(next(&mut live).await.1.message, "untold");
}
