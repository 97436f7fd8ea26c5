//! Secrets in settings never reach the output: not the log, not an error, not check-config.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use proptest::{prelude::*, sample::select, test_runner::RngSeed};

use crate::support::{
    gateway::{Gateway, run, stderr, stdout},
    settings,
};

const SECRET: &str = "s3cret";

const URLS: [&str; 8] = [
    "DATABASE_URL",
    "CONNECTION_URL",
    "MESSAGES_URL",
    "AWS_ENDPOINT_URL",
    "EVENTS_URL",
    "FRONTEND_URL",
    "BACKEND_URL",
    "JWKS_URL",
];

/// Settings without which those above are not read.
const OTHERS: [(&str, &str); 3] = [
    ("DDB_MESSAGE_TABLE", "messages"),
    ("JWT_ISSUER", "https://id.example"),
    ("JWT_AUDIENCE", "a"),
];

/// Runs check-config, and panics if the secret is in its output. Returns the output.
fn check(args: &[&str], env: &[(&str, &str)]) -> String {
    let output = run(&[&["check-config"], args].concat(), env);
    let text = format!("{}{}", stdout(&output), stderr(&output));
    assert!(!text.contains(SECRET), "{args:?} {env:?}\n{text}");
    text
}

#[test]
fn settings_show_no_secret_of_a_url() {
    for url in [
        "postgres://user:s3cret@db.example/x",
        "postgresql://user:1/s3cret@db.example/x",
        "postgres://user:s3cret",
        "postgres//user:s3cret@db.example/x",
        "postgres:user:s3cret@db.example",
        "postgres://db.example/x?password=s3cret",
        "postgres://db.example/x?pasword=s3cret&sslmode=require",
        "host=db.example user=user password=s3cret",
        "http://user:s3cret@a.example/keys",
        "http://s3cret@a.example/keys",
        "https://a.example/keys?token=s3cret&sig=s3cret#s3cret",
        "https:/user:s3cret@a.example/keys",
        "https//user:s3cret@a.example/keys",
        "http://user:s3,s3cret@a.example",
        "http://a.example,http://user:s3cret@b.example",
        "nats://user:s3cret@nats.example:4222",
        "nats://s3cret@nats.example",
        "nats:user:s3cret@nats.example",
        "dynamodb:s3cret@x",
        "dynamodb://key:s3cret@x",
        "sqlite:postgres://user:s3cret@db.example",
    ] {
        for variable in URLS {
            let others = match variable {
                "AWS_ENDPOINT_URL" => &OTHERS[..1],
                "JWKS_URL" => &OTHERS[1..],
                _ => &[],
            };
            let env = [others, &[(variable, url)]].concat();
            let shown = check(&[], &env);
            assert!(shown.contains("***") || !shown.contains("is not allowed"), "{shown}");
        }
        for variable in ["HOST", "PORT", "LOG", "DEMO", "TRUSTED_PROXIES", "CORS_ALLOWED_HEADERS"] {
            check(&[], &[(variable, url)]);
        }
        for variable in ["DATABASE_URL_FILE", "DEMO_TOKEN_SECRET_FILE", "TRUSTED_DOCUMENTS_FILE"] {
            check(&[], &[(variable, url), ("TRUSTED_DOCUMENTS", "only")]);
        }
        check(&[], &[OTHERS[2], ("JWKS_URL", "/nowhere"), ("JWT_ISSUER", url)]);
        // As a flag, with its typical mistakes.
        check(&["--database-url", url], &[]);
        check(&[url], &[]);
        check(&[&format!("-database-url={url}")], &[]);
        check(&[&format!("--database-url:{url}")], &[]);
        check(&[&format!("--databse-url={url}")], &[]);
        check(&["--database-url", "postgres://user:", "s3cret@db.example"], &[]);
        let help = run(&["--help"], &URLS.map(|variable| (variable, url)));
        assert!(help.status.success() && !stdout(&help).contains(SECRET));
        let health = run(&["health", "--url", url], &[]);
        assert!(!format!("{}{}", stdout(&health), stderr(&health)).contains(SECRET));
    }
}

#[test]
fn valid_urls_are_shown_without_their_secrets() {
    let env = [
        ("DATABASE_URL", "postgres://user:s3cret@db.example:5432/x?sslmode=require&passwd=s3cret"),
        ("DDB_MESSAGE_TABLE", "messages"),
        ("AWS_ENDPOINT_URL", "http://user:s3cret@dynamodb.example:8000"),
        ("EVENTS_URL", "tls://user:s3cret@nats.example:4222"),
        ("JWKS_URL", "https://user:s3cret@id.example/jwks?tenant=s3cret&token=s3cret"),
        ("JWT_ISSUER", "https://id.example"),
        ("JWT_AUDIENCE", "cruddur"),
    ];
    let shown = check(&[], &env);
    for line in [
        "DATABASE_URL=postgres://user:***@db.example:5432/x?sslmode=require",
        "AWS_ENDPOINT_URL=http://user:***@dynamodb.example:8000",
        "EVENTS_URL=tls://user:***@nats.example:4222",
        "JWKS_URL=https://user:***@id.example/jwks?***&token=***",
        "cruddur: warning: DATABASE_URL has unknown query parameters, which are ignored",
    ] {
        assert!(shown.lines().any(|it| it == line), "{line}\n{shown}");
    }
}

#[test]
fn debug_output_has_no_secret() {
    let flags = [
        "--database-url=postgres://user:s3cret@db.example/x?password=s3cret",
        "--ddb-message-table=messages",
        "--aws-endpoint-url=http://user:s3cret@dynamodb.example",
        "--events-url=nats://s3cret@nats.example",
        "--jwks-url=https://user:s3cret@id.example/jwks?key=s3cret",
        "--jwt-issuer=https://user:s3cret@id.example",
        "--jwt-audience=cruddur",
    ];
    let provider = settings(&flags);
    let demo = settings(&["--demo-token-secret=s3cret-of-32-characters-or-more-in-all"]);
    for settings in [provider, demo] {
        let (database, auth) = (&settings.database, &settings.auth);
        let text = format!(
            "{settings:?} {:?} {:?} {auth:?} {:?}",
            database.url, database.messages, settings.events
        );
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn connections_without_tls_are_reported() {
    let issuer = [("JWT_ISSUER", "https://id.example"), ("JWT_AUDIENCE", "cruddur")];
    for (variable, value, warns) in [
        ("JWKS_URL", "http://id.example/jwks", true),
        ("JWKS_URL", "http://10.0.0.1/jwks", true),
        ("JWKS_URL", "http://localhost.example/jwks", true),
        ("JWKS_URL", "https://id.example/jwks", false),
        ("JWKS_URL", "http://127.0.0.1:8080/jwks", false),
        ("JWKS_URL", "http://[::1]/jwks", false),
        ("JWKS_URL", "http://localhost/jwks", false),
        ("EVENTS_URL", "nats://user:s3cret@nats.example", true),
        ("EVENTS_URL", "nats://s3cret@nats.example", true),
        ("EVENTS_URL", "nats://nats.example", false),
        ("EVENTS_URL", "nats://user:s3cret@127.0.0.1", false),
        ("EVENTS_URL", "tls://user:s3cret@nats.example", false),
    ] {
        let issuer = issuer.iter().filter(|_| variable == "JWKS_URL").copied();
        let env: Vec<_> = issuer.chain([(variable, value)]).collect();
        let warning = format!("cruddur: warning: {variable} has ");
        assert_eq!(check(&[], &env).contains(&warning), warns, "{value}");
    }
}

/// Serves a JWKS that no key can be read from. Returns its address, and the first request.
fn jwks_server() -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 2048];
        let size = stream.read(&mut request).expect("a request");
        let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).expect("the client reads");
        String::from_utf8_lossy(&request[..size]).into_owned()
    });
    (address, server)
}

/// Returns the address of a port that refuses connections.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

#[test]
fn the_log_has_no_secret_at_any_level() {
    let (jwks, server) = jwks_server();
    let provider = [
        format!("--jwks-url=http://user:s3cret@{jwks}/keys?key=s3cret"),
        "--jwt-issuer=https://id.example".to_owned(),
        "--jwt-audience=cruddur".to_owned(),
        format!("--database-url=postgres://user:s3cret@{}/x?pasword=s3cret", closed()),
    ];
    let messages = [
        "--ddb-message-table=messages".to_owned(),
        format!("--aws-endpoint-url=http://user:s3cret@{}/", closed()),
    ];
    let events = [format!("--events-url=nats://user:s3cret@{}", closed())];
    for (args, texts) in [
        (&provider[..], &["failed to fetch the identity provider's keys", "not reachable yet"][..]),
        (&messages, &["not reachable yet"]),
        (&events, &["connecting to server"]),
    ] {
        let args: Vec<_> = args.iter().map(String::as_str).chain(["--log=trace"]).collect();
        let gateway = Gateway::start(&args);
        // Both lines of the first gateway, in either order.
        let mut log: Vec<String> = Vec::new();
        while !texts.iter().all(|text| log.iter().any(|line| line.contains(text))) {
            log.push(gateway.wait_for_log(""));
        }
        let (out, rest, _) = gateway.stop("-TERM");
        for line in out.lines().chain(rest.lines()).chain(log.iter().map(String::as_str)) {
            assert!(!line.contains(SECRET) && !line.contains("dXNlcjpzM2NyZXQ"), "{line}");
        }
    }
    let request = server.join().expect("no panic");
    assert!(request.starts_with("GET /keys?key=s3cret HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Basic dXNlcjpzM2NyZXQ=\r\n"), "{request}");
}

/// Misspellings of a PostgreSQL URL.
fn misspelt_url() -> impl Strategy<Value = String> {
    let start =
        select(vec!["postgres://", "postgresql://", "postgres:/", "postgres//", "pg://", ""]);
    let colon = select(vec![":", ": ", "%3A", ""]);
    let end = select(vec!["@db.example/x", "@db.example:5432", " @db", "@@db", "@", "@/x?a=b@c"]);
    (start, "[a-z]{0,3}", colon, "[ -~]{0,3}", "[ -~]{0,3}", end).prop_map(
        |(start, user, colon, before, after, end)| {
            format!("{start}{user}{colon}{before}{SECRET}{after}{end}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn misspelt_database_urls_show_no_password(url in misspelt_url()) {
        check(&[], &[("DATABASE_URL", &url)]);
    }
}
