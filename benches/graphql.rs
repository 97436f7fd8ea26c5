//! The time of GraphQL requests in process, over the mock and over SQLite.
//!
//! `cargo bench` writes its results to target/criterion and reports the changes since the last run.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use cruddur::{
    domain::Viewer,
    graphql::{self, Schema, SchemaOptions},
    service::{Clock, Service, SystemClock},
    sources::{self, SourceUrl, Sources, seed},
};
use tokio::runtime::Runtime;

const HOME: &str = "query Home($first: Int) { home(first: $first) { pageInfo { hasNextPage } \
                    edges { cursor node { id message createdAt likesCount author { handle } \
                    replies(first: 3) { nodes { message author { handle } } } } } } }";

/// A document of about 827 bytes that would expand to 2^22 fields if fields were not merged.
fn bomb() -> String {
    let fragments =
        (0..22).map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1));
    format!("{{ ...F0 }} {}fragment F22 on Query {{ __typename }}", fragments.collect::<String>())
}

/// A service over a store with the demo users, and this many generated users and activities.
async fn filled(sources: Sources, users: u64, activities: u64) -> Service {
    let now = SystemClock.now();
    sources.migrate().await.expect("a store");
    sources.import(&seed::demo(now)).await.expect("the demo people fit");
    for dataset in seed::generated(users, activities, now) {
        sources.import(&dataset).await.expect("the data fits");
    }
    Service::new(sources, Arc::new(SystemClock))
}

async fn ask(schema: &Schema, service: &Service, text: &str) {
    let variables = Variables::from_json(serde_json::json!({ "first": 20 }));
    let prepared = schema.prepare(Request::new(text).variables(variables));
    let prepared = prepared.map_err(|rejected| rejected.errors).expect("a harmless document");
    let response = schema.execute(service, Viewer::Anonymous, prepared).await;
    assert!(response.is_ok(), "{:?}", response.errors);
}

fn home(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = SourceUrl::Sqlite(folder.path().join("cruddur.db"));
    for (name, url, users, activities) in
        [("mock", SourceUrl::Mock, 0, 0), ("sqlite", file, 500, 20_000)]
    {
        let service = runtime.block_on(filled(sources::open(&url, 4), users, activities));
        let schema = graphql::schema(SchemaOptions::default());
        criterion.bench_function(&format!("home feed, {name}"), |bencher| {
            bencher.to_async(&runtime).iter(|| ask(&schema, &service, HOME));
        });
        let mut count = 0;
        criterion.bench_function(&format!("home feed, a new document, {name}"), |bencher| {
            bencher.to_async(&runtime).iter_batched(
                || {
                    count += 1;
                    format!("{HOME} #{count}")
                },
                |text| async { ask(&schema, &service, &{ text }).await },
                BatchSize::SmallInput,
            );
        });
    }
}

/// The introspection query of GraphiQL and most other tools.
const INTROSPECTION: &str = include_str!("../tests/it/graphql/introspection.graphql");

fn introspection(criterion: &mut Criterion) {
    let schema = graphql::schema(SchemaOptions::default());
    criterion.bench_function("introspection", |bencher| {
        bencher.iter(|| {
            let prepared = schema.prepare(Request::new(INTROSPECTION));
            let prepared = prepared.map_err(|rejected| rejected.errors).expect("a valid document");
            schema.introspected(&prepared).expect("nothing but introspection")
        });
    });
}

fn limits(criterion: &mut Criterion) {
    let schema = graphql::schema(SchemaOptions::default());
    let (bomb, mut count) = (bomb(), 0);
    criterion.bench_function("a fragment bomb is normalised", |bencher| {
        bencher.iter(|| {
            count += 1;
            assert!(schema.prepare(Request::new(format!("{bomb} #{count}"))).is_ok());
        });
    });
    criterion.bench_function("a document of 4,001 tokens is rejected", |bencher| {
        let text = "{".to_owned() + &"a ".repeat(100_000);
        bencher.iter(|| assert!(schema.prepare(Request::new(&text)).is_err()));
    });
}

criterion_group!(benches, home, introspection, limits);
criterion_main!(benches);
