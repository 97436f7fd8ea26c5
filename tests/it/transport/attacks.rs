//! Hostile documents: each is rejected with a code, and the gateway stays responsive.

use std::fmt::Write;

use axum::http::StatusCode;
use serde_json::json;

use crate::support::TestApp;

/// Returns a document whose fragments double the fields `doublings` times.
fn bomb(doublings: usize) -> String {
    let mut text = String::from("{home{nodes{...F0}}}");
    for n in 0..doublings {
        write!(text, "fragment F{n} on Activity{{...F{0} ...F{0}}}", n + 1).expect("a string");
    }
    write!(text, "fragment F{doublings} on Activity{{id}}").expect("a string");
    text
}

#[tokio::test]
async fn floods_and_bombs_are_rejected_with_a_code() {
    let client = TestApp::new().await.anon();
    let nested = |open: &str, close: &str, times: usize| {
        format!("{{{}__typename{}}}", open.repeat(times), close.repeat(times))
    };
    let documents = [
        bomb(200),
        // Almost 1 MB, the maximum of a body.
        format!("{{{}}}", "a:a ".repeat(250_000)),
        format!("{{__typename {}}}", "@a ".repeat(100_000)),
        nested("a{", "}", 100_000),
        format!("{{a(b:{}{})}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{a(b:{}0{})}}", "{c:".repeat(100_000), "}".repeat(100_000)),
        format!("query($a:{}Int{}){{a}}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{{{}}}", "...on Query{".repeat(50_000)),
        "#".repeat(1_000_000),
        "\"".repeat(1_000_000 / 2),
    ];
    for document in documents {
        let response = client.graphql(&document, json!({})).await;
        let start = &document[..20];
        assert_eq!(response.status, StatusCode::OK, "{start}");
        let json = response.json();
        let code = json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
        assert!(code.starts_with("GRAPHQL_"), "{start}: {json}");
        assert!(json.get("data").is_none(), "{start}");
        assert!(response.text.len() < 2_000, "{start}");
    }
    let million = format!("{{{}}}", "a:a ".repeat(1_000_000));
    let response = client.graphql(&million, json!({})).await;
    assert_eq!(response.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(response.json()["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn fragments_that_double_themselves_are_merged() {
    let client = TestApp::new().await.anon();
    let ask = async |document: &str| client.graphql(document, json!({})).await.text;
    let plain = ask("{home{nodes{id}}}").await;
    for doublings in [22, 30] {
        assert_eq!(ask(&bomb(doublings)).await, plain);
    }
}

#[tokio::test]
async fn deeply_nested_json_is_rejected_with_a_code() {
    let client = TestApp::new().await.anon();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let body = format!("{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":{deep}}}}}");
        let headers = [("content-type", "application/json")];
        let response = client.send(axum::http::Method::POST, "/graphql", &headers, body).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST);
        assert_eq!(response.json()["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    }
}
