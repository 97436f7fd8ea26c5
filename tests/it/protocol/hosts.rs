//! The `Host` header and the forms of the request target (RFC 9112 section 3.2).

use super::raw::{exchange, header, server, status};

const QUERY: &str = "/graphql?query=%7B__typename%7D";

#[tokio::test]
async fn a_missing_double_or_malformed_host_gets_400() {
    let server = server().await;
    for path in [QUERY, "/api/activities/home", "/health/live", "/", "/nope"] {
        for hosts in [
            "",
            "Host: a\r\nHost: a\r\n",
            "Host: a\r\nHost: b\r\n",
            "Host: a b/c@\r\n",
            "Host: user@a\r\n",
            "Host: a/b\r\n",
            "Host: a:b\r\n",
            "Host: a:80:80\r\n",
            "Host: a, b\r\n",
            "Host: [::1\r\n",
            "Host: [a]\r\n",
            "Host: ::1\r\n",
            "Host: a%2\r\n",
            "Host: a:99999\r\n",
            "Host: \r\n",
            "Host: b\u{fc}cher\r\n",
        ] {
            let sent = format!("GET {path} HTTP/1.1\r\n{hosts}\r\n");
            let answer = exchange(&server, sent.as_bytes()).await;
            assert_eq!(status(&answer), 400, "{path} {hosts:?}: {answer}");
            let code = if path == QUERY { "\"BAD_REQUEST\"" } else { "[\"bad_request\"]" };
            assert!(answer.contains(code), "{path} {hosts:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn valid_hosts_and_http_1_0_without_a_host_are_served() {
    let server = server().await;
    for hosts in [
        "Host: a",
        "host: A.example:4567",
        "Host: a:",
        "Host: [::1]:80",
        "Host: 127.0.0.1",
        "Host: a_b~c!$&'()*+;=%41",
        "Host:  a ",
    ] {
        let sent = format!("GET {QUERY} HTTP/1.1\r\n{hosts}\r\n\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert_eq!(status(&answer), 200, "{hosts}: {answer}");
    }
    let sent = format!("GET {QUERY} HTTP/1.0\r\n\r\n");
    assert!(exchange(&server, sent.as_bytes()).await.contains(" 200 OK\r\n"));
}

#[tokio::test]
async fn the_host_of_an_absolute_target_counts_for_csrf_prevention() {
    let server = server().await;
    let get = async |target: &str, host: &str, origin: &str| {
        let sent = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n");
        status(&exchange(&server, sent.as_bytes()).await)
    };
    let absolute = format!("http://api.example{QUERY}");
    assert_eq!(get(&absolute, "evil.example", "http://evil.example").await, 403);
    assert_eq!(get(&absolute, "x", "http://api.example").await, 200);
    assert_eq!(get(&absolute, "x", "http://good.example").await, 200);
    let upper = format!("HTTP://API.example:8080{QUERY}");
    assert_eq!(get(&upper, "x", "http://api.example:8080").await, 200);
    assert_eq!(get(QUERY, "evil.example", "http://evil.example").await, 200);
    assert_eq!(get(QUERY, "x", "http://evil.example").await, 403);
    // Host is checked even if the target has an authority of its own.
    assert_eq!(get(&absolute, "a b", "http://api.example").await, 400);
    assert_eq!(get("http://user@api.example/health/live", "a", "http://x").await, 400);
}

#[tokio::test]
async fn options_for_the_whole_server_list_all_methods() {
    let server = server().await;
    for origin in ["", "Origin: http://good.example\r\n"] {
        let sent = format!("OPTIONS * HTTP/1.1\r\nHost: a\r\n{origin}\r\n");
        let answer = exchange(&server, sent.as_bytes()).await;
        assert_eq!(status(&answer), 204, "{answer}");
        assert_eq!(header(&answer, "allow"), "GET,HEAD,POST,PUT,OPTIONS");
        assert!(!header(&answer, "x-request-id").is_empty());
    }
    let answer = exchange(&server, b"OPTIONS * HTTP/1.1\r\n\r\n").await;
    assert_eq!(status(&answer), 400);
}
