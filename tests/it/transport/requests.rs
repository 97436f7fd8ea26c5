//! GraphQL requests over POST and GET, and the responses to them.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn graphql_works_over_post_and_get() {
    let client = TestApp::new().await.anon();
    let expected = json!({ "data": { "__typename": "Query" } });
    let post = client.graphql("{ __typename }", json!({})).await;
    assert_eq!((post.status, post.json()), (StatusCode::OK, expected.clone()));
    assert_eq!(post.header("content-type"), "application/json");
    let get = client.get("/graphql?query=%7B__typename%7D").await;
    assert_eq!((get.status, get.json()), (StatusCode::OK, expected.clone()));
    let named = "/graphql?query=query+A%7B__typename%7Dquery+B%7Bb:__typename%7D&operationName=A\
        &variables=%7B%22a%22:1%7D&extensions=%7B%7D";
    assert_eq!(client.get(named).await.json(), expected);
}

#[tokio::test]
async fn the_response_content_type_follows_the_accept_header() {
    let client = TestApp::new().await.anon();
    let send = async |accept: &str, query: &str| {
        let headers = [("accept", accept), ("content-type", "application/json; charset=utf-8")];
        let body = json!({ "query": query }).to_string();
        let answer = client.send(Method::POST, "/graphql", &headers, body).await;
        (answer.status.as_u16(), answer.header("content-type").to_owned())
    };
    let modern = "application/graphql-response+json";
    let both = "application/graphql-response+json; charset=utf-8, application/json; q=0.9";
    assert_eq!(send(both, "{ __typename }").await, (200, modern.to_owned()));
    assert_eq!(send(both, "{ nope }").await, (400, modern.to_owned()));
    assert_eq!(send(both, "{").await, (400, modern.to_owned()));
    let json = "application/json";
    assert_eq!(send("*/*", "{ __typename }").await, (200, json.to_owned()));
    assert_eq!(send(json, "{ nope }").await, (200, json.to_owned()));
}

#[tokio::test]
async fn mutations_over_get_get_405() {
    let client = TestApp::new().await.anon();
    for query in [
        "mutation%7B__typename%7D",
        "query+A%7B__typename%7Dmutation+B%7B__typename%7D&operationName=B",
    ] {
        let answer = client.get(&format!("/graphql?query={query}")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.header("allow"), "POST");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "METHOD_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn malformed_requests_get_a_graphql_error_with_4xx() {
    let client = TestApp::new().await.anon();
    let post = async |content_type: &str, body: &str| {
        let headers = [("content-type", content_type)];
        let answer = client.send(Method::POST, "/graphql", &headers, body.to_owned()).await;
        (answer.status.as_u16(), answer.json()["errors"][0]["extensions"]["code"].clone())
    };
    let query = r#"{"query":"{__typename}"}"#;
    let unsupported = (415, json!("UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(post("text/plain", query).await, unsupported);
    assert_eq!(post("application/x-www-form-urlencoded", "query=%7B%7D").await, unsupported);
    assert_eq!(post("multipart/form-data; boundary=x", query).await, unsupported);
    let bad = (400, json!("BAD_REQUEST"));
    for body in ["", "{", "[]", "1", "{}", r#"{"query":1}"#, r#"{"query":"{a}","variables":1}"#] {
        assert_eq!(post("application/json", body).await, bad, "{body}");
    }
    for path in [
        "/graphql",
        "/graphql?query=",
        "/graphql?query=%7Ba%7D&variables=%7B",
        "/graphql?query=a&query=b",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{path}");
    }
}

#[tokio::test]
async fn browsers_are_redirected_from_graphql_to_graphiql() {
    let app = TestApp::new().await;
    let headers = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let answer = app.anon().send(Method::GET, "/graphql", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/graphiql");
    let off = app.with(&["--graphiql", "off"]).anon();
    let answer = off.send(Method::GET, "/graphql", &headers, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(off.get("/graphiql").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn requests_succeed_for_anonymous_registered_and_unregistered_viewers() {
    let app = TestApp::new().await;
    let body = json!({ "query": "{ __typename }" });
    for client in [app.anon(), app.as_user("worf"), app.as_user("nobody-here")] {
        assert_eq!(client.post("/graphql", body.clone()).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn nothing_is_executed_if_the_client_accepts_no_supported_type() {
    let app = TestApp::new().await;
    let query = "mutation($m: String!) { createActivity(input: { message: $m, ttl: ONE_DAY }) { \
                 activity { id } } }";
    let body = json!({ "query": query, "variables": { "m": "unwanted" } }).to_string();
    for accept in ["text/html", "application/json;q=0", "multipart/form-data"] {
        let headers = [("accept", accept), ("content-type", "application/json")];
        let worf = app.as_user("worf");
        let answer = worf.send(Method::POST, "/graphql", &headers, body.clone()).await;
        assert_eq!(answer.status, StatusCode::NOT_ACCEPTABLE, "{accept}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "NOT_ACCEPTABLE");
    }
    assert!(!app.anon().get("/api/activities/home").await.text.contains("unwanted"));
}

#[tokio::test]
async fn request_errors_have_no_data_and_field_errors_do() {
    let client = TestApp::new().await.anon();
    let send = async |accept: &str, body: serde_json::Value| {
        let headers = [("accept", accept), ("content-type", "application/json")];
        let answer = client.send(Method::POST, "/graphql", &headers, body.to_string()).await;
        assert_eq!(answer.header("content-type"), accept);
        (answer.status.as_u16(), answer.json())
    };
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($x: String!) { user(handle: $x) { id } }", "BAD_USER_INPUT"),
        ("{ home(first: \"x\") { nodes { id } } }", "BAD_USER_INPUT"),
    ] {
        for (accept, status) in
            [("application/json", 200), ("application/graphql-response+json", 400)]
        {
            let (got, json) = send(accept, json!({ "query": query })).await;
            assert_eq!(got, status, "{query}");
            assert_eq!(json["errors"][0]["extensions"]["code"], code, "{query}");
            assert!(json.get("data").is_none(), "{query}: {json}");
        }
    }
    let query = "{ home(first: 1000) { nodes { id } } }";
    let (status, json) = send("application/graphql-response+json", json!({ "query": query })).await;
    assert_eq!(status, 200);
    assert_eq!(json["errors"][0]["path"], json!(["home"]));
    assert!(json.get("data").is_some_and(serde_json::Value::is_null), "{json}");
}

#[tokio::test]
async fn unknown_members_are_ignored_and_null_counts_as_absent() {
    let client = TestApp::new().await.anon();
    let expected = json!({ "data": { "__typename": "Query" } });
    for body in [
        json!({ "query": "{ __typename }", "variables": null, "operationName": null, "extensions": null }),
        json!({ "query": "{ __typename }", "operationName": "", "id": "x", "documentId": null }),
        json!({ "query": "{ __typename }", "extensions": {
            "clientLibrary": { "name": "@apollo/client", "version": "4.0.0" },
            "persistedQuery": null,
        } }),
    ] {
        assert_eq!(client.post("/graphql", body.clone()).await.json(), expected, "{body}");
    }
}

#[tokio::test]
async fn empty_cursors_count_as_none() {
    let client = TestApp::new().await.anon();
    let first = |arguments: &str| {
        let query = format!(
            "{{ home({arguments}) {{ nodes {{ id replies({arguments}) {{ nodes {{ id }} }} }} }} }}"
        );
        let client = &client;
        async move { client.graphql(&query, json!({})).await.json() }
    };
    let expected = first("first: 2").await;
    assert!(expected["data"]["home"]["nodes"][1].is_object(), "{expected}");
    assert_eq!(first("first: 2, after: \"\"").await, expected);
    assert_eq!(first("first: 2, after: \"\", before: \"\"").await, expected);
    let invalid = first("first: 2, after: \" \"").await;
    assert_eq!(invalid["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn batches_are_rejected() {
    let client = TestApp::new().await.anon();
    for body in [json!([{ "query": "{ __typename }" }]), json!(["{ __typename }"]), json!([])] {
        let answer = client.post("/graphql", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let error = &answer.json()["errors"][0];
        assert_eq!(error["message"], "Batches are not supported. Send one request per body.");
    }
}

#[tokio::test]
async fn charsets_other_than_utf_8_are_rejected() {
    let client = TestApp::new().await.anon();
    let send = async |content_type: &str| {
        let headers = [("content-type", content_type)];
        let body = r#"{"query":"{__typename}"}"#;
        client.send(Method::POST, "/graphql", &headers, body).await.status.as_u16()
    };
    assert_eq!(send("application/json; charset=UTF-8").await, 200);
    assert_eq!(send("Application/JSON;charset=\"utf-8\"").await, 200);
    assert_eq!(send("application/json; charset=utf-16").await, 415);
    assert_eq!(send("application/jsonp").await, 415);
    assert_eq!(send("").await, 415);
}

#[tokio::test]
async fn the_cost_is_reported_on_request() {
    let client = TestApp::new().await.anon();
    let query = "{ home(first: 3) { nodes { text: message } } }";
    let ask = async |extensions: serde_json::Value| {
        client.post("/graphql", json!({ "query": query, "extensions": extensions })).await.json()
    };
    assert_eq!(
        ask(json!({ "cost": true })).await["extensions"]["cost"],
        json!({ "tokens": 16, "aliases": 1, "directives": 0, "depth": 3, "selections": 3, "nodes": 3,
            "fields": 5 })
    );
    for extensions in [json!({}), json!({ "cost": false }), json!({ "cost": 1 })] {
        assert!(ask(extensions).await.get("extensions").is_none());
    }
}

#[tokio::test]
async fn the_fields_of_a_response_are_limited() {
    let client = TestApp::new().await.with(&["--max-fields=6"]).anon();
    let ask = async |query: &str| client.graphql(query, json!({})).await.json();
    assert!(ask("{ home(first: 4) { nodes { id id } } }").await["data"].is_object());
    let error = &ask("{ home(first: 5) { nodes { id } } }").await["errors"][0];
    assert_eq!(error["message"], "The document requests 7 fields; the limit is 6.");
    assert_eq!(error["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn the_document_limits_are_configurable() {
    let flags = [
        "--max-bytes=50",
        "--max-tokens=20",
        "--max-aliases=1",
        "--max-directives=1",
        "--max-selections=3",
        "--max-depth=2",
        "--max-nodes=4",
    ];
    let client = TestApp::new().await.with(&flags).anon();
    for (query, problem) in [
        (
            "{ __typename } # a comment that makes it longer than that",
            "has 57 bytes; the limit is 50.",
        ),
        ("{ a b c d e f g h i j k l m n o p q r s t u v }", "has 21 tokens; the limit is 20."),
        ("{ a: __typename b: __typename }", "has 2 aliases; the limit is 1."),
        ("{ a @skip(if: true) @skip(if: true) }", "has 2 directives; the limit is 1."),
        ("{ home { nodes { id message } } }", "has 4 selections; the limit is 3."),
        ("{ home { nodes { id } } }", "has 3 levels of fields; the limit is 2."),
        ("{ home(first: 5) { __typename } }", "requests 5 nodes; the limit is 4."),
    ] {
        let json = client.graphql(query, json!({})).await.json();
        assert_eq!(json["errors"][0]["message"], format!("The document {problem}"));
        assert_eq!(json["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    }
    assert!(
        client.graphql("{ home(first: 4) { __typename } }", json!({})).await.json()["data"]
            .is_object()
    );
}
