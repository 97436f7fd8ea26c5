//! The commands that do one thing and exit.

use std::{
    fmt::Display,
    io::{Write, stdout},
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBuilder};
use clap::Args;
use cruddur::{
    auth,
    config::{self, AuthSettings, Settings},
    graphql,
    http_client::{self, Answer},
    rest,
    secret_url::SecretUrl,
    service::{Clock, SystemClock},
    sources::{MigrateError, Migrated, SourceUrl, Sources, seed},
};
use hyper::StatusCode;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::sleep;
use tracing::warn;

use crate::CommandError;

/// How long a running gateway may take to answer a command.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum size of its answer, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;
/// The delay before the second attempt to reach the database. Each further delay is twice as long,
/// up to `MAX_RETRY_DELAY`.
const MIN_RETRY_DELAY: Duration = Duration::from_millis(250);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);

#[derive(Args)]
pub struct Migrate {
    /// Seconds to keep trying while the database is unreachable
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

#[derive(Args)]
pub struct Seed {
    /// Number of users to generate [default with --activities: 1000]
    #[arg(long, value_name = "COUNT")]
    users: Option<u64>,
    /// Number of activities to generate [default with --users: 20000]
    #[arg(long, value_name = "COUNT")]
    activities: Option<u64>,
}

#[derive(Args)]
pub struct Health {
    /// URL to get instead of /health/ready at HOST and PORT
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Args)]
pub struct Token {
    /// Handle of the user that requests with the token act as
    #[arg(long, value_name = "HANDLE")]
    handle: String,
}

/// Prints a text and a line end. A reader that has gone away, such as `head`, is not an error.
pub fn print(text: impl Display) -> Result<(), CommandError> {
    let text = text.to_string();
    let _ = writeln!(stdout(), "{}", text.trim_end());
    Ok(())
}

pub fn schema() -> Result<(), CommandError> {
    print(graphql::sdl())
}

pub fn openapi() -> Result<(), CommandError> {
    print(rest::openapi().to_pretty_json().map_err(CommandError::failed)?)
}

pub fn settings_table() -> Result<(), CommandError> {
    print(config::settings_table())
}

pub async fn migrate(settings: &Settings, migrate: &Migrate) -> Result<(), CommandError> {
    let (_, migrated) = open_migrated(settings, Duration::from_secs(migrate.wait)).await?;
    let database = &settings.database.url;
    print(match migrated {
        Migrated::Empty => format!("{database} is ready and empty."),
        Migrated::Adopted { users, activities } => {
            format!("{database} is adopted, with {users} users and {activities} activities.")
        }
        Migrated::Current => format!("{database} is current."),
    })?;
    match &settings.database.messages {
        Some(table) => print(format!("{table} is ready.")),
        None => Ok(()),
    }
}

/// Adds the demo users or a generated data set, each at most once.
pub async fn seed(settings: &Settings, seed: &Seed) -> Result<(), CommandError> {
    if settings.database.url == SourceUrl::Mock {
        return Err(CommandError::usage("mock: keeps nothing; seed needs another DATABASE_URL"));
    }
    let (sources, _) = open_migrated(settings, Duration::ZERO).await?;
    if seed.users.is_none() && seed.activities.is_none() {
        return seed_demo(&sources).await;
    }
    let (users, activities) = (seed.users.unwrap_or(1000), seed.activities.unwrap_or(20_000));
    if users == 0 {
        let text = "--users: \"0\" is not allowed; allowed: a number from 1";
        return Err(CommandError::usage(text));
    }
    let first = [seed::first_generated_user()];
    let first = sources.store.users_by_uuids(&first).await.map_err(CommandError::failed)?;
    if !first.is_empty() {
        let text = "the generated users exist already; nothing was changed";
        return Err(CommandError::failed(text));
    }
    let style = "{bar:40} {pos}/{len} rows, {elapsed} of {duration}";
    let style = ProgressStyle::with_template(style).map_err(CommandError::failed)?;
    let bar = ProgressBar::new(users.saturating_add(activities)).with_style(style);
    for batch in seed::generated(users, activities, SystemClock.now()) {
        sources.store.import(&batch).await.map_err(CommandError::failed)?;
        bar.inc((batch.users.len() + batch.activities.len()) as u64);
    }
    bar.finish();
    print(format!("Added {users} users and {activities} activities."))
}

async fn seed_demo(sources: &Sources) -> Result<(), CommandError> {
    let demo = seed::demo(SystemClock.now());
    let uuids: Vec<_> = demo.users.iter().map(|user| user.uuid).collect();
    let handles: Vec<_> = demo.users.iter().map(|user| user.handle.clone()).collect();
    let by_uuid = sources.store.users_by_uuids(&uuids).await.map_err(CommandError::failed)?;
    let by_handle = sources.store.users_by_handles(&handles).await.map_err(CommandError::failed)?;
    if let Some(user) = by_uuid.first().or(by_handle.first()) {
        return Err(CommandError::failed(format!(
            "the demo users exist already ({}); nothing was changed",
            user.handle
        )));
    }
    sources.import(&demo).await.map_err(CommandError::failed)?;
    print(format!("Added {} users and {} activities.", demo.users.len(), demo.activities.len()))
}

pub async fn open_migrated(
    settings: &Settings,
    give_up_after: Duration,
) -> Result<(Sources, Migrated), CommandError> {
    let sources = settings.database.open();
    let migrated = retry_until_reachable(give_up_after, async || sources.migrate().await).await;
    let (migrated, _) = migrated.map_err(CommandError::failed)?;
    Ok((sources, migrated))
}

/// Retries while the store is unreachable, and starts no further attempt after `give_up_after`.
pub async fn retry_until_reachable<T>(
    give_up_after: Duration,
    mut attempt: impl AsyncFnMut() -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    let started = Instant::now();
    let delays = ExponentialBuilder::default()
        .with_min_delay(MIN_RETRY_DELAY)
        .with_max_delay(MAX_RETRY_DELAY)
        .without_max_times();
    for delay in delays.build() {
        match attempt().await {
            Err(MigrateError::Unreachable(error)) if started.elapsed() < give_up_after => {
                let retry_in_ms = delay.as_millis() as u64;
                warn!(error, retry_in_ms, "the database is not reachable yet; retrying");
            }
            outcome => return outcome,
        }
        sleep(delay).await;
    }
    attempt().await
}

/// Gets a URL over plain HTTP. Containers without another HTTP client use this as their health
/// check.
pub async fn health(settings: &Settings, health: &Health) -> Result<(), CommandError> {
    let server = &settings.server;
    let ready = || format!("{}/health/ready", server.local_url(server.port));
    let url = SecretUrl::new(health.url.clone().unwrap_or_else(ready));
    if url.scheme() != "http" || !http_client::is_http_url(&url) {
        return Err(CommandError::usage(format!(
            "--url: {url:?} is not allowed; allowed: http://HOST:PORT/PATH"
        )));
    }
    let Answer { status, body } = get(&url).await?;
    let body = String::from_utf8_lossy(&body);
    if status == StatusCode::OK {
        return print(body);
    }
    let status = status.as_u16();
    Err(CommandError::failed(format!("{url} answers {status}: {}", body.trim())))
}

/// Makes a token if the secret is configured. Otherwise the running gateway has made its own
/// secret, and is asked for one.
pub async fn token(settings: &Settings, token: &Token) -> Result<(), CommandError> {
    let AuthSettings::Demo { secret, .. } = &settings.auth else {
        let text = "token: there is an identity provider, and only it issues tokens";
        return Err(CommandError::usage(text));
    };
    let handle = token.handle.strip_prefix('@').unwrap_or(&token.handle);
    if let Some(secret) = secret {
        return print(auth::demo_token(secret, handle, &SystemClock));
    }
    let url = settings.server.local_url(settings.server.port);
    let people = SecretUrl::new(format!("{url}/identity/people"));
    let Answer { body, .. } = get(&people).await?;
    let people: serde_json::Value = serde_json::from_slice(&body).map_err(|_| {
        CommandError::failed(format!("{url} issues no tokens; is it a gateway in demo mode?"))
    })?;
    let person = people.as_array().into_iter().flatten().find(|it| it["handle"] == handle);
    match person.and_then(|person| person["token"].as_str()) {
        Some(token) => print(token),
        None => Err(CommandError::failed(format!(
            "{url} offers no token for the handle {handle:?}; set DEMO_TOKEN_SECRET to make tokens \
             for any user"
        ))),
    }
}

async fn get(url: &SecretUrl) -> Result<Answer, CommandError> {
    http_client::get(url, ANSWER_TIMEOUT, MAX_ANSWER)
        .await
        .map_err(|error| CommandError::failed(format!("{url} does not answer: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn retries_end_with_success_refusal_or_the_time_limit() {
        let mut tries = 0;
        let mut attempt = async || {
            tries += 1;
            match tries {
                3 => Ok(tries),
                6 => Err(MigrateError::Refused("6".into())),
                _ => Err(MigrateError::Unreachable(tries.to_string())),
            }
        };
        let third = retry_until_reachable(Duration::MAX, &mut attempt).await;
        assert_eq!(third.expect("the third attempt succeeds"), 3);
        let unreachable = retry_until_reachable(Duration::ZERO, &mut attempt).await;
        assert!(matches!(unreachable, Err(MigrateError::Unreachable(text)) if text == "4"));
        let refused = retry_until_reachable(Duration::MAX, &mut attempt).await;
        assert!(matches!(refused, Err(MigrateError::Refused(text)) if text == "6"));
    }
}
