//! The declarations of all settings, and the table that documents them.

use clap::{Arg, Args, Command};

use super::{
    Settings,
    api::ApiOptions,
    database::DatabaseOptions,
    documents::DocumentOptions,
    error::InvalidSetting,
    events::EventOptions,
    features::Features,
    hosts::AllowedHosts,
    identity::{DemoOptions, ProviderOptions},
    load::Load,
    log::Log,
    rates::RateOptions,
    server::Server,
};

/// Every setting. The order of the fields is that of `--help` and of the table.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
#[group(skip)]
pub(super) struct Options {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    database: DatabaseOptions,
    #[command(flatten)]
    events: EventOptions,
    #[command(flatten)]
    api: ApiOptions,
    #[command(flatten)]
    provider: ProviderOptions,
    #[command(flatten)]
    demo: DemoOptions,
    #[command(flatten)]
    rates: RateOptions,
    #[command(flatten)]
    load: Load,
    #[command(flatten)]
    features: Features,
    #[command(flatten)]
    documents: DocumentOptions,
    #[command(flatten)]
    log: Log,
}

impl Options {
    /// The declarations. The help of each ends with its default, in brackets. It never has the value
    /// of the variable, which may be a secret.
    pub fn args() -> Vec<Arg> {
        let command = Self::augment_args(Command::new("cruddur"));
        let args = command.get_arguments().cloned();
        args.map(|arg| with_default_in_help(arg.hide_env_values(true))).collect()
    }

    /// Checks the settings that depend on each other.
    pub fn resolve(self) -> Result<Settings, InvalidSetting> {
        let demo = self.demo.demo;
        let auth = self.provider.resolve(self.demo, self.api.rest)?;
        let (limits, trusted) = self.documents.resolve()?;
        let rest = self.api.rest;
        let Server { host, allowed_hosts, .. } = &self.server;
        let patterns = allowed_hosts.as_deref().unwrap_or_default();
        let hosts = AllowedHosts::new(host, patterns, self.api.origins());
        let (origins, cors_headers) = self.api.cors();
        Ok(Settings {
            server: self.server,
            hosts,
            database: self.database.resolve()?,
            events: self.events.resolve()?,
            rest,
            origins,
            cors_headers,
            demo,
            rates: self.rates.resolve(auth.is_demo()),
            auth,
            load: self.load,
            features: self.features,
            limits,
            trusted,
            log: self.log,
        })
    }
}

/// A default that is a fixed value stands where the help has those that depend on other settings.
fn with_default_in_help(arg: Arg) -> Arg {
    let Some(default) = arg.get_default_values().first() else { return arg };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help} [default: {}]", default.display());
    arg.help(help).hide_default_value(true)
}

/// The settings as a Markdown table: variable, flag, default, meaning.
pub fn settings_table() -> String {
    let row = |arg: Arg| {
        let variable = arg.get_id().as_str().to_uppercase();
        let flag = arg.get_long().unwrap_or_default().to_owned();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let (meaning, default) = match help.rsplit_once(" [default: ") {
            Some((meaning, default)) => (meaning, default.trim_end_matches(']')),
            None => (help.as_str(), ""),
        };
        let default = match arg.get_default_values() {
            [] => default.to_owned(),
            _ => format!("`{default}`"),
        };
        format!("| `{variable}` | `--{flag}` | {default} | {meaning} |\n")
    };
    let rows: String = Options::args().into_iter().map(row).collect();
    format!("| variable | flag | default | meaning |\n| --- | --- | --- | --- |\n{rows}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_flags_are_named_alike() {
        for arg in Options::args() {
            let id = arg.get_id().as_str();
            let variable = arg.get_env().and_then(|name| name.to_str());
            assert_eq!(variable, Some(id.to_uppercase().as_str()));
            assert_eq!(arg.get_long(), Some(id.replace('_', "-").as_str()));
        }
    }
}
