//! The real binary: its commands, configuration, start and shutdown.

use std::io::{Read, Write};

use crate::support::gateway::{Gateway, run, stderr, stdout};

#[test]
fn it_prints_its_urls_and_stops_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let gateway = Gateway::start(&[]);
        gateway.wait_until_ready();
        let url = gateway.url.clone();
        let (out, err, code) = gateway.stop(signal);
        assert_eq!(code, Some(0));
        for line in [
            format!("GraphiQL  {url}/graphiql"),
            format!("GraphQL   {url}/graphql"),
            format!("REST      {url}/api/activities/home"),
            format!("API docs  {url}/api/docs"),
            format!("Health    {url}/health/ready"),
            "Data      mock:".to_owned(),
            "Viewer    demo mode: no sign-in; requests without a token act as andrewbrown"
                .to_owned(),
        ] {
            assert!(out.contains(&line), "{line}\n{out}");
        }
        // The log is JSON if stderr is not a terminal, with one line per request.
        let line =
            err.lines().find(|line| line.contains("/health/ready")).expect("the request is logged");
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["method"], "GET");
        assert_eq!(line["path"], "/health/ready");
        assert!(line["status"].is_u64() && line["ms"].is_f64(), "{line}");
        assert_eq!(line["span"]["id"].as_str().map(str::len), Some(36), "{line}");
    }
}

#[test]
fn a_silent_connection_does_not_delay_shutdown() {
    let gateway = Gateway::start(&[]);
    gateway.wait_until_ready();
    let silent = std::net::TcpStream::connect(gateway.url.trim_start_matches("http://"));
    let silent = silent.expect("a connection");
    let (_, _, code) = gateway.stop("-TERM");
    assert_eq!(code, Some(0));
    drop(silent);
}

#[test]
fn health_fails_unless_the_answer_is_200() {
    let gateway = Gateway::start(&[]);
    let url = format!("{}/nope", gateway.url);
    let failing = run(&["health", "--url", &url], &[]);
    assert_eq!(failing.status.code(), Some(1));
    assert_eq!(stderr(&failing), format!("cruddur: {url} answers 404: [\"not_found\"]\n"));
    let port = gateway.port().to_owned();
    drop(gateway);
    let refused = run(&["health", "--host", "0.0.0.0", "--demo"], &[("PORT", &port)]);
    assert_eq!(refused.status.code(), Some(1));
    let url = format!("cruddur: http://127.0.0.1:{port}/health/ready does not answer: ");
    assert!(stderr(&refused).starts_with(&url), "{}", stderr(&refused));
    assert_eq!(run(&["health", "--url", "ftp://x"], &[]).status.code(), Some(2));
}

#[test]
fn health_reads_chunked_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 1024];
        let size = stream.read(&mut request).expect("a request");
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                      3\r\nrea\r\n3\r\ndy!\r\n0\r\n\r\n";
        stream.write_all(chunks.as_bytes()).expect("the client reads");
        String::from_utf8_lossy(&request[..size]).into_owned()
    });
    let health = run(&["health", "--url", &url], &[]);
    assert_eq!((stdout(&health), stderr(&health)), ("ready!\n", ""));
    assert!(server.join().expect("no panic").starts_with("GET / HTTP/1.1\r\n"));
}

#[test]
fn a_port_in_use_is_an_error() {
    let gateway = Gateway::start(&[]);
    let second = run(&["--port", gateway.port()], &[("DATABASE_URL", "mock:")]);
    assert_eq!(second.status.code(), Some(1));
    let start = format!("cruddur: cannot listen on HOST 127.0.0.1 and PORT {}: ", gateway.port());
    assert!(stderr(&second).starts_with(&start), "{}", stderr(&second));
}

#[test]
fn an_invalid_value_gives_one_line_that_names_it() {
    let demo = "127.0.0.1, any with an identity provider (JWKS_URL or AWS_COGNITO_USER_POOL_ID), \
                or any with DEMO=true (--demo), which lets any client act as any user";
    let url = "mock:, sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE";
    let headers = "names of headers such as X-Tenant, separated by commas";
    let origins = "origins such as https://cruddur.example or http://127.0.0.1:3000, separated by \
                   commas, or *";
    let levels = "off, error, warn, info, debug, trace, or a list such as info,cruddur=debug";
    let days = "a number of days from 1 to 36500, or off";
    for (variable, value, shown, allowed) in [
        ("HOST", "not a host", "not a host", "a host name or an IP address"),
        ("HOST", "0.0.0.0", "0.0.0.0", demo),
        ("HOST", "[::]", "::", demo),
        ("HOST", "cruddur.example", "cruddur.example", demo),
        ("PORT", "abc", "abc", "a number from 0 to 65535"),
        ("PORT", "65536", "65536", "a number from 0 to 65535"),
        ("PORT", "1\n2", "1\\n2", "a number from 0 to 65535"),
        ("PORT", "postgres://u:s3cret@db", "postgres://u:***@db", "a number from 0 to 65535"),
        ("DATABASE_URL", "mysql://u:s3cret@db/x", "mysql://u:***@db/x", url),
        ("DATABASE_URL", "sqlite:", "sqlite:", url),
        ("DATABASE_URL", "nonsense", "***", url),
        ("CONNECTION_URL", "u:s3cret@db", "***", url),
        ("DATABASE_CONNECTIONS", "0", "0", "a number from 1 to 1000"),
        ("FRONTEND_URL", "http://a.example,b.example", "b.example", origins),
        ("BACKEND_URL", "http://u:s3cret@a.example", "***", origins),
        ("BACKEND_URL", "http://a.example/path", "http://a.example/path", origins),
        ("CORS_ALLOWED_HEADERS", "x-a,b c", "b c", headers),
        ("CORS_ALLOWED_HEADERS", "x-a:", "x-a:", headers),
        ("CORS_ALLOWED_HEADERS", "*", "*", headers),
        ("REST", "openAPI", "openAPI", "openapi, final"),
        ("VIEWER", "andrew brown", "andrew brown", "a handle, or none"),
        ("DEMO", "yes", "yes", "true, false, 1, 0"),
        ("GRAPHIQL", "true", "true", "on, off"),
        ("METRICS", "yes", "yes", "on, off"),
        ("DELETE_EXPIRED_AFTER", "0", "0", days),
        ("DELETE_EXPIRED_AFTER", "1d", "1d", days),
        ("MAX_EXECUTIONS", "0", "0", "a number from 1 to 10000"),
        ("MAX_DEPTH", "-1", "-1", "a number from 1 to 100"),
        ("MAX_NODES", "1e3", "1e3", "a number from 1 to 1000000"),
        ("MAX_BYTES", "0", "0", "a number from 1 to 1000000"),
        ("MAX_TOKENS", "100001", "100001", "a number from 1 to 100000"),
        ("MAX_ALIASES", "0", "0", "a number from 1 to 10000"),
        ("MAX_DIRECTIVES", "10001", "10001", "a number from 1 to 10000"),
        ("MAX_SELECTIONS", "x", "x", "a number from 1 to 1000000"),
        ("TRUSTED_DOCUMENTS", "on", "on", "off, log, only"),
        ("LOG", "verbose", "verbose", levels),
        ("LOG", "cruddur=loud", "cruddur=loud", levels),
        ("LOG_FORMAT", "xml", "xml", "auto, text, json"),
    ] {
        let flag = format!("--{}", variable.to_lowercase().replace('_', "-"));
        let line = format!(
            "cruddur: {variable} ({flag}): \"{shown}\" is not allowed; allowed: {allowed}\n"
        );
        let by_variable = run(&[], &[(variable, value)]);
        assert_eq!(by_variable.status.code(), Some(2), "{variable}={value}");
        assert_eq!(stderr(&by_variable), line);
        assert_eq!(stdout(&by_variable), "");
        let by_flag = run(&["check-config", &format!("{flag}={value}")], &[]);
        assert_eq!(by_flag.status.code(), Some(2), "{flag}={value}");
        assert_eq!(stderr(&by_flag), line);
    }
}

#[test]
fn check_config_prints_the_settings_without_secrets() {
    let defaults = run(&["check-config"], &[("PORT", ""), ("DEMO", ""), ("DATABASE_URL", "")]);
    assert_eq!(defaults.status.code(), Some(0), "{}", stderr(&defaults));
    insta::assert_snapshot!(stdout(&defaults), @r"
    HOST=127.0.0.1
    PORT=4567
    DATABASE_URL=sqlite:cruddur.db
    DATABASE_CONNECTIONS=10
    FRONTEND_URL=
    CORS_ALLOWED_HEADERS=
    REST=openapi
    DEMO=false
    VIEWER=andrewbrown
    DEMO_TOKEN_SECRET=
    VIEWER_RATE=off
    ADDRESS_RATE=off
    TRUSTED_PROXIES=
    MAX_EXECUTIONS=64
    GRAPHIQL=on
    INTROSPECTION=on
    METRICS=off
    DELETE_EXPIRED_AFTER=off
    MAX_DEPTH=15
    MAX_NODES=10000
    MAX_BYTES=100000
    MAX_TOKENS=4000
    MAX_ALIASES=30
    MAX_DIRECTIVES=50
    MAX_SELECTIONS=5000
    MAX_FIELDS=100000
    TRUSTED_DOCUMENTS=off
    TRUSTED_DOCUMENTS_FILE=
    LOG=info
    LOG_FORMAT=auto
    ");
    let args = ["--port", "5000", "check-config", "--demo", "--graphiql", "off"];
    let env = [
        ("HOST", "::"),
        ("PORT", "4000"),
        ("CONNECTION_URL", "postgres://cruddur:p@ss:word@db:5432/cruddur?sslmode=require"),
        ("FRONTEND_URL", "HTTPS://Cruddur.example/,http://127.0.0.1:3000"),
        ("BACKEND_URL", "http://b.example"),
        ("CORS_ALLOWED_HEADERS", "X-Tenant, x-b3-TraceId,x-tenant"),
        ("REST", "final"),
        ("DELETE_EXPIRED_AFTER", "30"),
        ("LOG", "warn,cruddur=debug"),
        ("UNKNOWN", "ignored"),
    ];
    let set = run(&args, &env);
    assert_eq!(set.status.code(), Some(0), "{}", stderr(&set));
    insta::assert_snapshot!(stdout(&set), @r"
    HOST=::
    PORT=5000
    DATABASE_URL=postgres://cruddur:***@db:5432/cruddur?sslmode=require
    DATABASE_CONNECTIONS=10
    FRONTEND_URL=https://cruddur.example,http://127.0.0.1:3000,http://b.example
    CORS_ALLOWED_HEADERS=x-tenant,x-b3-traceid
    REST=final
    DEMO=true
    VIEWER=none
    DEMO_TOKEN_SECRET=
    VIEWER_RATE=off
    ADDRESS_RATE=off
    TRUSTED_PROXIES=
    MAX_EXECUTIONS=64
    GRAPHIQL=off
    INTROSPECTION=on
    METRICS=off
    DELETE_EXPIRED_AFTER=30
    MAX_DEPTH=15
    MAX_NODES=10000
    MAX_BYTES=100000
    MAX_TOKENS=4000
    MAX_ALIASES=30
    MAX_DIRECTIVES=50
    MAX_SELECTIONS=5000
    MAX_FIELDS=100000
    TRUSTED_DOCUMENTS=off
    TRUSTED_DOCUMENTS_FILE=
    LOG=warn,cruddur=debug
    LOG_FORMAT=auto
    ");
}

#[test]
fn the_database_url_can_come_from_a_file_but_not_from_both() {
    let folder = std::env::temp_dir().join(format!("cruddur-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("url");
    let path = path.to_str().expect("UTF-8");
    std::fs::write(path, "postgres://cruddur:s3cret@db/cruddur\n").expect("a file");
    let from_file = run(&["check-config"], &[("DATABASE_URL_FILE", path)]);
    assert!(stdout(&from_file).contains("DATABASE_URL=postgres://cruddur:***@db/cruddur\n"));
    let both = run(&["check-config"], &[("DATABASE_URL_FILE", path), ("DATABASE_URL", "mock:")]);
    assert_eq!(both.status.code(), Some(2));
    let end = "allowed: one of DATABASE_URL and DATABASE_URL_FILE, not both\n";
    assert!(stderr(&both).ends_with(end), "{}", stderr(&both));
    std::fs::write(path, "oracle://cruddur:s3cret@db/cruddur").expect("a file");
    let bad = run(&["check-config"], &[("DATABASE_URL_FILE", path)]);
    assert!(stderr(&bad).starts_with(
        "cruddur: DATABASE_URL_FILE (--database-url-file): \"oracle://cruddur:***@db"
    ));
    std::fs::remove_dir_all(&folder).expect("the folder can be deleted");
    let missing = run(&["check-config"], &[("DATABASE_URL_FILE", path)]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("allowed: a file that can be read (No such file"));
    let winner = [("DATABASE_URL", "mock:"), ("CONNECTION_URL", "sqlite:other.db")];
    assert!(stdout(&run(&["check-config"], &winner)).contains("DATABASE_URL=mock:\n"));
}

#[test]
fn trusted_documents_need_a_manifest() {
    let missing = run(&["check-config"], &[("TRUSTED_DOCUMENTS", "only")]);
    assert_eq!(missing.status.code(), Some(2));
    let line = "cruddur: TRUSTED_DOCUMENTS_FILE (--trusted-documents-file): \"\" is not allowed; \
                allowed: a JSON object of ids and documents, or Apollo's manifest (";
    assert!(stderr(&missing).starts_with(line), "{}", stderr(&missing));
}

#[test]
fn sighup_reloads_the_trusted_documents() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("manifest.json");
    std::fs::write(&path, "{}").expect("a file");
    let file = path.to_str().expect("UTF-8");
    let args = ["--trusted-documents", "only", "--trusted-documents-file", file];
    let gateway = Gateway::start(&args);
    gateway.wait_until_ready();
    let query = serde_json::json!({ "query": "{__typename}" });
    let (status, refused) = gateway.post("/graphql", &query);
    assert_eq!(status, 200);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_IN_LIST");
    let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    std::fs::write(&path, format!("{{\"{hash}\":\"{{__typename}}\"}}")).expect("a file");
    gateway.signal("-HUP");
    gateway.wait_for_log("reloaded the trusted documents");
    assert_eq!(gateway.post("/graphql", &query).1["data"]["__typename"], "Query");
}

#[test]
fn help_names_every_variable_and_shows_no_secret() {
    let help = run(&["--help"], &[("DATABASE_URL", "postgres://u:s3cret@db/x")]);
    for variable in [
        "HOST",
        "PORT",
        "DATABASE_URL",
        "CONNECTION_URL",
        "DATABASE_URL_FILE",
        "DATABASE_CONNECTIONS",
        "FRONTEND_URL",
        "BACKEND_URL",
        "CORS_ALLOWED_HEADERS",
        "REST",
        "VIEWER",
        "DEMO",
        "MAX_EXECUTIONS",
        "GRAPHIQL",
        "METRICS",
        "DELETE_EXPIRED_AFTER",
        "MAX_DEPTH",
        "MAX_NODES",
        "MAX_BYTES",
        "MAX_TOKENS",
        "MAX_ALIASES",
        "MAX_DIRECTIVES",
        "MAX_SELECTIONS",
        "TRUSTED_DOCUMENTS",
        "TRUSTED_DOCUMENTS_FILE",
        "LOG",
        "LOG_FORMAT",
    ] {
        assert!(stdout(&help).contains(&format!("[env: {variable}")), "{variable}");
    }
    assert!(!stdout(&help).contains("s3cret"));
    assert_eq!(run(&["--nope"], &[]).status.code(), Some(2));
}

#[test]
fn a_value_that_is_not_used_is_not_checked() {
    let bad_port = [("PORT", "abc"), ("DATABASE_URL", "mock:")];
    let by_flag = run(&["check-config", "--port", "5000"], &bad_port);
    assert!(stdout(&by_flag).starts_with("HOST=127.0.0.1\nPORT=5000\n"), "{}", stderr(&by_flag));
    let unused = [
        ("DATABASE_URL", "mock:"),
        ("CONNECTION_URL", "oracle:"),
        ("AWS_ENDPOINT_URL", "s3.example"),
        ("AWS_DEFAULT_REGION", "?"),
        ("TRUSTED_DOCUMENTS_FILE", "/nowhere"),
    ];
    let unused = run(&["check-config"], &unused);
    assert!(unused.status.success(), "{}", stderr(&unused));
}

#[test]
fn schema_and_openapi_ignore_the_configuration() {
    let bad = [("PORT", "abc")];
    assert!(stdout(&run(&["schema"], &bad)).contains("type Query"));
    let openapi = run(&["openapi"], &bad);
    let openapi: serde_json::Value = serde_json::from_slice(&openapi.stdout).expect("JSON");
    assert!(openapi["openapi"].is_string());
}

#[test]
fn the_mock_is_migrated_and_cannot_be_seeded() {
    let mock = [("DATABASE_URL", "mock:")];
    assert_eq!(stdout(&run(&["migrate"], &mock)), "mock: is ready and empty.\n");
    let seed = run(&["seed"], &mock);
    assert_eq!(seed.status.code(), Some(2));
    assert_eq!(stderr(&seed), "cruddur: mock: keeps nothing; seed needs another DATABASE_URL\n");
}
