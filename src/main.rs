//! The program: reads the configuration and runs the command.

mod commands;
mod moderation;
mod serve;

use std::{
    fmt::Display,
    io::{IsTerminal, stderr},
    process::ExitCode,
};

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use cruddur::{
    config::{Config, InvalidSetting, LogFormat, Settings},
    secret_url::{REDACTED, redacted},
};
use mimalloc::MiMalloc;
use tracing::warn;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// A GraphQL and REST gateway over the Cruddur domain.
///
/// Every flag has an environment variable of the same name in capitals. A flag wins over its
/// variable, and an empty variable counts as unset.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT (the default command)
    Serve,
    /// Print the GraphQL schema
    Schema,
    /// Print the OpenAPI document of the REST API
    Openapi,
    /// Bring the database to the current schema, adopting an original Cruddur database in place
    Migrate(commands::Migrate),
    /// Add the demo users, or with numbers a large generated data set
    Seed(commands::Seed),
    /// Print the effective configuration, with secrets redacted
    CheckConfig,
    /// Print a token that acts as a user, for a gateway in demo mode
    Token(commands::Token),
    /// Ban, unban or erase a user
    #[command(subcommand)]
    Users(moderation::Users),
    /// Check that the running gateway is ready; the exit code is 0 if it is
    Health(commands::Health),
    /// Print the settings as a Markdown table
    #[command(hide = true)]
    SettingsTable,
}

/// Why a command fails: the message for the user and the program's exit code.
struct CommandError {
    exit_code: u8,
    message: String,
}

impl CommandError {
    /// The command line or the configuration is wrong.
    fn usage(message: impl Display) -> Self {
        Self { exit_code: 2, message: message.to_string() }
    }

    /// The command could not be carried out.
    fn failed(message: impl Display) -> Self {
        Self { exit_code: 1, message: message.to_string() }
    }
}

impl From<InvalidSetting> for CommandError {
    fn from(error: InvalidSetting) -> Self {
        Self::usage(error)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| without_values(error).exit());
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError { exit_code, message }) => {
            eprintln!("cruddur: {message}");
            ExitCode::from(exit_code)
        }
    }
}

/// Removes from an error what is not a flag or a command, but could be a misplaced secret.
fn without_values(mut error: clap::Error) -> clap::Error {
    // The flags that the program knows have their value's name: `--port <PORT>`, `--demo[=<BOOL>]`.
    let is_name = |c: char| c.is_ascii_lowercase() || "- [=<>]".contains(c);
    let is_value_name = |c: char| c.is_ascii_uppercase() || c == '_';
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(text)) = error.get(kind)
            && !text.chars().all(|c| is_name(c) || is_value_name(c))
        {
            error.insert(kind, ContextValue::String(REDACTED.to_owned()));
            error.remove(ContextKind::Suggested);
        }
    }
    if let Some(ContextValue::String(text)) = error.get(ContextKind::InvalidValue) {
        let text = redacted(text);
        error.insert(ContextKind::InvalidValue, ContextValue::String(text));
    }
    error
}

async fn run(cli: Cli) -> Result<(), CommandError> {
    match cli.command {
        Some(Command::Schema) => return commands::schema(),
        Some(Command::Openapi) => return commands::openapi(),
        Some(Command::SettingsTable) => return commands::settings_table(),
        _ => {}
    }
    let settings = cli.config.check()?;
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Serve | Command::CheckConfig) {
        settings.check_serving()?;
    }
    start_log(&settings);
    match command {
        Command::Serve => {
            for warning in settings.warnings() {
                warn!("{warning}");
            }
            serve::serve(settings).await
        }
        Command::Migrate(migrate) => commands::migrate(&settings, &migrate).await,
        Command::Seed(seed) => commands::seed(&settings, &seed).await,
        Command::CheckConfig => {
            for warning in settings.warnings() {
                eprintln!("cruddur: warning: {warning}");
            }
            commands::print(settings)
        }
        Command::Token(token) => commands::token(&settings, &token).await,
        Command::Users(command) => moderation::run(&settings, &command).await,
        Command::Health(health) => commands::health(&settings, &health).await,
        Command::Schema | Command::Openapi | Command::SettingsTable => Ok(()),
    }
}

/// Logs go to standard error, so that standard output holds only what the command prints.
fn start_log(settings: &Settings) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.log.filter))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(false);
    let json = match settings.log.format {
        LogFormat::Auto => !stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    if json {
        log.json().flatten_event(true).with_current_span(true).with_span_list(false).init();
    } else {
        log.init();
    }
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a task panicked")));
}
