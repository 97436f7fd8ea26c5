//! The program: reads the configuration and does what the command says.

mod commands;
mod serve;

use std::{
    io::{IsTerminal, stderr},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use cruddur::config::{Config, Invalid, LogFormat, Settings};
use tracing_subscriber::EnvFilter;

/// A GraphQL and REST gateway over the Cruddur domain.
///
/// Every flag can be given as an environment variable of the same name in capitals; an empty
/// variable counts as unset.
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
    /// Serve until SIGTERM or SIGINT (what happens without a command)
    Serve,
    /// Print the GraphQL schema
    Schema,
    /// Print the OpenAPI document of the REST routes
    Openapi,
    /// Bring the database to the present schema, adopting an original Cruddur database in place
    Migrate(commands::Migrate),
    /// Add the demo people, or with numbers a large made-up data set
    Seed(commands::Seed),
    /// Print the effective configuration, with secrets masked
    CheckConfig,
    /// Print a token that acts as a user, for a gateway in demo mode
    Token(commands::Token),
    /// Ask the running gateway whether it is ready; the exit code tells
    Health(commands::Health),
}

/// Why the program ends without success: its exit code and what to say.
type Failure = (u8, String);

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, text)) => {
            eprintln!("cruddur: {text}");
            ExitCode::from(code)
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Some(Command::Schema) => return commands::schema(),
        Some(Command::Openapi) => return commands::openapi(),
        _ => {}
    }
    let refused = |error: Invalid| (2, error.to_string());
    let settings = cli.config.check().map_err(refused)?;
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Serve | Command::CheckConfig) {
        settings.check_serving().map_err(refused)?;
    }
    start_log(&settings);
    match command {
        Command::Serve => serve::serve(settings).await,
        Command::Migrate(migrate) => commands::migrate(&settings, &migrate).await,
        Command::Seed(seed) => commands::seed(&settings, &seed).await,
        Command::CheckConfig => commands::print(settings),
        Command::Token(token) => commands::token(&settings, &token),
        Command::Health(health) => commands::health(&settings, &health),
        Command::Schema | Command::Openapi => Ok(()),
    }
}

/// Logs go to the standard error, so that the standard output holds only what a command is for.
fn start_log(settings: &Settings) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&settings.log))
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(false);
    let json = match settings.log_format {
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
