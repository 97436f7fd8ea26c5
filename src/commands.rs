//! The commands that do one thing and end.

use std::{
    fmt::Display,
    io::{Read, Write, stdout},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use clap::Args;
use cruddur::{
    auth,
    config::{Settings, SigningIn},
    graphql, rest,
    service::{Clock, SystemClock},
    sources::{MigrateError, Migrated, SourceUrl, Sources, seed},
};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;
use tracing::warn;

use crate::Failure;

/// For how long the gateway may take to answer `cruddur health`.
const HEALTH: Duration = Duration::from_secs(5);
/// The pause before the second try to reach the database; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub struct Migrate {
    /// For how many seconds to try again while the database cannot be reached
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

#[derive(Args)]
pub struct Seed {
    /// How many users to make up [default with --activities: 1000]
    #[arg(long, value_name = "COUNT")]
    users: Option<u64>,
    /// How many activities to make up [default with --users: 20000]
    #[arg(long, value_name = "COUNT")]
    activities: Option<u64>,
}

#[derive(Args)]
pub struct Health {
    /// What to ask instead of /health/ready at HOST and PORT
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Args)]
pub struct Token {
    /// The user whom requests with the token act as
    #[arg(long, value_name = "HANDLE")]
    handle: String,
}

/// Prints a text with a line end. It is nobody's concern when the reader has gone, as `head` does.
pub fn print(text: impl Display) -> Result<(), Failure> {
    let text = text.to_string();
    let _ = writeln!(stdout(), "{}", text.trim_end());
    Ok(())
}

pub fn schema() -> Result<(), Failure> {
    print(graphql::sdl())
}

pub fn openapi() -> Result<(), Failure> {
    print(rest::openapi().to_pretty_json().map_err(failed)?)
}

pub async fn migrate(settings: &Settings, migrate: &Migrate) -> Result<(), Failure> {
    let (_, migrated) = migrated(settings, Duration::from_secs(migrate.wait)).await?;
    let database = settings.shown_database();
    print(match migrated {
        Migrated::Empty => format!("{database} is ready and empty."),
        Migrated::Adopted { users, activities } => {
            format!("{database} is adopted, with {users} users and {activities} activities.")
        }
        Migrated::Current => format!("{database} is current."),
    })?;
    match settings.shown_messages() {
        Some(table) => print(format!("{table} is ready.")),
        None => Ok(()),
    }
}

/// Adds the demo people or a made-up crowd, each at most once.
pub async fn seed(settings: &Settings, seed: &Seed) -> Result<(), Failure> {
    if settings.database == SourceUrl::Mock {
        return Err((2, "mock: keeps nothing; seed needs another DATABASE_URL".to_owned()));
    }
    let (sources, _) = migrated(settings, Duration::ZERO).await?;
    if seed.users.is_none() && seed.activities.is_none() {
        return seed_demo(&sources).await;
    }
    let (users, activities) = (seed.users.unwrap_or(1000), seed.activities.unwrap_or(20_000));
    if users == 0 {
        return Err((2, "--users: \"0\" is not allowed; allowed: a number from 1".to_owned()));
    }
    let first = [seed::first_generated_user()];
    if !sources.store.users_by_uuids(&first).await.map_err(failed)?.is_empty() {
        return Err((1, "the made-up users are already here; nothing was changed".to_owned()));
    }
    let style = "{bar:40} {pos}/{len} rows, {elapsed} of {duration}";
    let style = ProgressStyle::with_template(style).map_err(failed)?;
    let bar = ProgressBar::new(users.saturating_add(activities)).with_style(style);
    for batch in seed::generated(users, activities, SystemClock.now()) {
        sources.store.import(&batch).await.map_err(failed)?;
        bar.inc((batch.users.len() + batch.activities.len()) as u64);
    }
    bar.finish();
    print(format!("Added {users} users and {activities} activities."))
}

async fn seed_demo(sources: &Sources) -> Result<(), Failure> {
    let demo = seed::demo(SystemClock.now());
    let uuids: Vec<_> = demo.users.iter().map(|user| user.uuid).collect();
    let handles: Vec<_> = demo.users.iter().map(|user| user.handle.clone()).collect();
    let same = sources.store.users_by_uuids(&uuids).await.map_err(failed)?;
    let named = sources.store.users_by_handles(&handles).await.map_err(failed)?;
    if let Some(user) = same.first().or(named.first()) {
        let text =
            format!("the demo people are already here ({}); nothing was changed", user.handle);
        return Err((1, text));
    }
    sources.import(&demo).await.map_err(failed)?;
    print(format!("Added {} users and {} activities.", demo.users.len(), demo.activities.len()))
}

async fn migrated(settings: &Settings, patience: Duration) -> Result<(Sources, Migrated), Failure> {
    let sources = settings.open();
    let migrated = until_reached(patience, async || sources.migrate().await).await;
    let (migrated, _) = migrated.map_err(failed)?;
    Ok((sources, migrated))
}

/// Tries again while the store cannot be reached, until `patience` is over.
pub async fn until_reached<T>(
    patience: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let since = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt().await {
            Err(MigrateError::Unreachable(error)) if since.elapsed() < patience => {
                warn!(error, again_in_ms = pause.as_millis() as u64, "no database yet");
            }
            ended => return ended,
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// Asks over plain HTTP/1.1: this is the health check of a container that has no other client.
pub fn health(settings: &Settings, health: &Health) -> Result<(), Failure> {
    let ready = || format!("{}/health/ready", settings.local_url(settings.port));
    let url = health.url.clone().unwrap_or_else(ready);
    let refused = || {
        let allowed = "http://HOST:PORT/PATH";
        (2, format!("--url: {url:?} is not allowed; allowed: {allowed}"))
    };
    let rest = url.strip_prefix("http://").ok_or_else(refused)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let with_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if with_port { authority.to_owned() } else { format!("{authority}:80") };
    let path = if path.is_empty() { "/" } else { path };
    if authority.is_empty() || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(refused());
    }
    let answer = ask(&address, authority, path)
        .map_err(|error| (1, format!("{url} does not answer: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or("nothing");
    if status == "200" {
        print(body)
    } else {
        Err((1, format!("{url} answers {status}: {}", body.trim())))
    }
}

/// Makes a token where there is a secret; else asks the running gateway, whose secret is its own.
pub fn token(settings: &Settings, token: &Token) -> Result<(), Failure> {
    let SigningIn::Demo { secret, .. } = &settings.signing_in else {
        return Err((
            2,
            "token: there is an identity provider, which alone gives tokens".to_owned(),
        ));
    };
    let handle = token.handle.strip_prefix('@').unwrap_or(&token.handle);
    if let Some(secret) = secret {
        return print(auth::demo_token(secret, handle, &SystemClock));
    }
    let url = settings.local_url(settings.port);
    let authority = url.trim_start_matches("http://");
    let answer = ask(authority, authority, "/identity/people")
        .map_err(|error| (1, format!("{url} does not answer: {error}")))?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let people: serde_json::Value = serde_json::from_str(body)
        .map_err(|_| (1, format!("{url} gives no tokens: is it a gateway in demo mode?")))?;
    let person = people.as_array().into_iter().flatten().find(|it| it["handle"] == handle);
    match person.and_then(|person| person["token"].as_str()) {
        Some(token) => print(token),
        None => Err((
            1,
            format!(
                "{url} offers nobody with the handle {handle:?}; with DEMO_TOKEN_SECRET there are \
             tokens for everybody"
            ),
        )),
    }
}

fn ask(address: &str, host: &str, path: &str) -> std::io::Result<String> {
    let mut failure = std::io::Error::other("the host has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, HEALTH) {
            Ok(mut stream) => {
                stream.set_read_timeout(Some(HEALTH))?;
                stream.set_write_timeout(Some(HEALTH))?;
                let head =
                    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes())?;
                let mut answer = Vec::new();
                stream.take(64 * 1024).read_to_end(&mut answer)?;
                return Ok(String::from_utf8_lossy(&answer).into_owned());
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn failed(error: impl Display) -> Failure {
    (1, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_store_is_tried_until_it_is_reached_or_patience_is_over() {
        let mut tries = 0;
        let mut attempt = async || {
            tries += 1;
            match tries {
                3 => Ok(tries),
                6 => Err(MigrateError::Refused("6".into())),
                _ => Err(MigrateError::Unreachable(tries.to_string())),
            }
        };
        assert_eq!(
            until_reached(Duration::MAX, &mut attempt).await.expect("the third is answered"),
            3
        );
        let impatient = until_reached(Duration::ZERO, &mut attempt).await;
        assert!(matches!(impatient, Err(MigrateError::Unreachable(text)) if text == "4"));
        let refused = until_reached(Duration::MAX, &mut attempt).await;
        assert!(matches!(refused, Err(MigrateError::Refused(text)) if text == "6"));
    }
}
