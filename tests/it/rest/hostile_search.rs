use cruddur::sources::{self, SourceUrl};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::support::{
    TestApp,
    stores::{PostgresDatabase, SqliteFile},
};

/// Terms with the syntax of tsquery (PostgreSQL), of FTS5 (SQLite) and of both databases' SQL.
const TERMS: [&str; 48] = [
    "'",
    "''",
    "\"",
    "\"\"",
    "\"cloud",
    "cloud\"",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    "cloud'; SELECT pg_sleep(9)--",
    "\\",
    "\\'",
    "cloud\\",
    "cloud & fun",
    "cloud | fun",
    "!cloud",
    "& | !",
    "cloud <-> fun",
    "cloud <2> fun",
    "cloud:*",
    "cloud:ABCD",
    "cloud:A*",
    "(cloud",
    "cloud)",
    "()",
    "((((((((((cloud))))))))))",
    "cloud AND fun",
    "cloud OR",
    "NOT cloud",
    "AND",
    "NEAR(cloud fun, 2)",
    "NEAR(",
    "message: cloud",
    "{message handle}: cloud",
    "- message : cloud",
    "^cloud",
    "cloud*",
    "*",
    "cloud + fun",
    "+",
    "%",
    "_",
    "$1",
    "?1",
    ":cloud",
    "\0",
    "cloud\0fun",
    "\u{202e}cloud\u{200b}",
    "\u{301}\u{301}\u{301}",
];

#[tokio::test]
async fn query_syntax_in_a_term_is_text_on_every_store() {
    let (file, database) = (SqliteFile::new(), PostgresDatabase::new("hostile_search").await);
    let mut clients = Vec::new();
    for sources in [sources::open(&SourceUrl::Mock, 1), file.open(), database.open()] {
        clients.push(TestApp::with_demo(sources).await.anon());
    }
    let long = ["a".repeat(280), "' & ".repeat(70), "\u{1f600}".repeat(280), "(".repeat(280)];
    let plain = TERMS.iter().map(|term| (*term).to_owned());
    for term in plain.chain(long) {
        let path =
            format!("/api/activities/search?term={}", utf8_percent_encode(&term, NON_ALPHANUMERIC));
        let query = "query($term: String!) { search(query: $term) { nodes { ... on Activity { message } ... on User { handle } } } }";
        let mut answers = Vec::new();
        for client in &clients {
            let rest = client.get(&path).await;
            assert_eq!(rest.status, 200, "{term:?}: {}", rest.text);
            let graphql = client.graphql(query, json!({ "term": term })).await.json();
            assert!(graphql.get("errors").is_none(), "{term:?}: {graphql}");
            answers.push((rest.messages(), graphql));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{term:?}: {answers:?}");
    }
    // The stores still have their rows.
    for client in &clients {
        let found = client.get("/api/activities/search?term=cloud").await;
        assert_eq!(found.messages(), ["Cloud is very fun!"]);
    }
}
