//! What a GraphQL request costs in process, over the mock and over SQLite.
//!
//! `cargo bench` writes what it measured below target/criterion and tells what has changed since.

use std::sync::Arc;

use async_graphql::{Request, Variables};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use cruddur::{
    domain::Viewer,
    graphql::{self, Limits, Schema},
    service::{Clock, Service, SystemClock},
    sources::{self, SourceUrl, Sources, seed},
};
use tokio::runtime::Runtime;

const HOME: &str = "query Home($first: Int) { home(first: $first) { pageInfo { hasNextPage } \
                    edges { cursor node { id message createdAt likesCount author { handle } \
                    replies(first: 3) { nodes { message author { handle } } } } } } }";

/// 2^22 fields in 827 bytes, or so.
fn bomb() -> String {
    let fragments =
        (0..22).map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1));
    format!("{{ ...F0 }} {}fragment F22 on Query {{ __typename }}", fragments.collect::<String>())
}

/// The store with the demo people, and with these many made-up users and activities.
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
    let admitted = schema.admit(Request::new(text).variables(variables));
    let admitted = admitted.map_err(|refused| refused.errors).expect("a harmless document");
    let response = schema.execute(service, Viewer::Anonymous, admitted).await;
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
        let schema = graphql::schema(Limits::default());
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

fn guard(criterion: &mut Criterion) {
    let schema = graphql::schema(Limits::default());
    let bomb = bomb();
    criterion.bench_function("a fragment bomb is refused", |bencher| {
        bencher.iter(|| assert!(schema.admit(Request::new(&bomb)).is_err()));
    });
    criterion.bench_function("a document of 4,001 tokens is refused", |bencher| {
        let text = "{".to_owned() + &"a ".repeat(100_000);
        bencher.iter(|| assert!(schema.admit(Request::new(&text)).is_err()));
    });
}

criterion_group!(benches, home, guard);
criterion_main!(benches);
