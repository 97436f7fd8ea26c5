//! Media types in `Accept` and `Content-Type` (RFC 9110 sections 5.6.6, 8.3.1 and 12.5.1).

use axum::http::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn content_types_may_have_blanks_and_quoted_parameters() {
    let client = TestApp::new().await.as_user("worf");
    let graphql = r#"{"query":"{__typename}"}"#;
    let rest = json!({ "message": "typed", "ttl": "1-hour" }).to_string();
    for content_type in [
        "application/json",
        "application/json ; charset=utf-8",
        "application/json\t;\tcharset=utf-8",
        "application/json;charset=utf-8;",
        "application/json; ; charset=utf-8",
        "application/json; charset=utf8",
        "application/json; charset=UTF8",
        "application/json; Charset=\"UTF-8\"",
        "application/json ; profile=\"a;b,c\\\"d\" ; charset=\"utf8\"",
        "application/json; profile=\"https://a.example/;charset=latin1\"",
    ] {
        let headers = [("content-type", content_type)];
        let answer = client.send(Method::POST, "/graphql", &headers, graphql).await;
        assert_eq!(answer.status, 200, "{content_type}");
        let answer = client.send(Method::POST, "/api/activities", &headers, rest.clone()).await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
    let utf16 = [("content-type", "application/json; charset=\"utf-16\"")];
    assert_eq!(client.send(Method::POST, "/graphql", &utf16, graphql).await.status, 415);
    for content_type in [
        "text/plain;x,application/json",
        "text/plain;;,application/json",
        "text/plain;,application/json",
        "text/plain;application/json",
        "text/plain;x=,application/json",
        "multipart/form-data;x,application/json",
        "multipart/form-data;boundary=x,application/json",
        "application/x-www-form-urlencoded;x,application/json",
        "text/plain;x=\",application/json",
        "application/json;x,text/plain",
        "application/json; nonsense",
        ",application/json",
        "",
        "application/json, text/plain",
        "application/json, application/json",
        "application/json; charset=\"utf-8",
        "application/json; charset = utf-8",
        "application/json charset=utf-8",
        "text/plain; a=\"application/json\"",
        ";application/json",
    ] {
        let headers = [("content-type", content_type)];
        let answer = client.send(Method::POST, "/graphql", &headers, graphql).await;
        assert_eq!(answer.status, 415, "{content_type}");
        let home = client.get("/api/activities/home").await.messages();
        for (method, path) in [
            (Method::POST, "/api/activities"),
            (Method::POST, "/api/messages"),
            (Method::POST, "/api/profile/update"),
            (Method::PUT, "/api/profile/update"),
        ] {
            let answer = client.send(method.clone(), path, &headers, rest.clone()).await;
            assert_eq!(answer.status, 415, "{method} {path} {content_type}");
        }
        assert_eq!(client.get("/api/activities/home").await.messages(), home, "{content_type}");
    }
    let twice = [("content-type", "application/json"), ("content-type", "text/plain")];
    for path in ["/graphql", "/api/activities"] {
        assert_eq!(client.send(Method::POST, path, &twice, graphql).await.status, 415, "{path}");
    }
}

#[tokio::test]
async fn accept_may_have_blanks_and_quoted_parameters() {
    let client = TestApp::new().await.anon();
    let json = "application/json";
    let graphql = "application/graphql-response+json";
    for (accept, expected) in [
        ("application/json ; q=0.9", json),
        ("application/json ;q=0.9 , text/html", json),
        ("application/json\t;\tq=0.9", json),
        ("application/graphql-response+json ; charset=utf-8 , application/json ; q=0.9", graphql),
        ("application/json;a=\"b,c;d\"", json),
        ("text/html;a=\"application/json, */*\", application/graphql-response+json", graphql),
        ("application/json;a=\"\\\"\"", json),
        ("application/json;", json),
        (", ,application/json,", json),
        ("*/* ; q=0.1", json),
        ("application/json ; Q=0 , application/graphql-response+json", graphql),
        ("text/event-stream ; q=1", "text/event-stream"),
        (
            "multipart/mixed ; subscriptionSpec=\"1.0\"",
            "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0",
        ),
    ] {
        let headers = [("accept", accept), ("content-type", json)];
        let body = r#"{"query":"{__typename}"}"#;
        let answer = client.send(Method::POST, "/graphql", &headers, body).await;
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(answer.header("content-type"), expected, "{accept}");
        let get = client.send(Method::GET, "/graphql?query=%7B__typename%7D", &headers[..1], "");
        let answer = get.await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, expected));
    }
    for accept in ["text/html;a=\"application/json\"", "application/json ; q=0", "\"*/*\""] {
        let headers = [("accept", accept)];
        let get = client.send(Method::GET, "/graphql?query=%7B__typename%7D", &headers, "").await;
        assert_eq!(get.status, 406, "{accept}");
    }
}
