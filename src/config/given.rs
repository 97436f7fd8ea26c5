//! What the command line and the environment give, before it is parsed.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, parser::ValueSource, value_parser};

use super::{Settings, declared::Options, error::InvalidSetting};

/// The settings as flags and environment variables give them. A flag wins over its variable, and an
/// empty value counts as unset.
///
/// The values are not parsed yet, so commands that need no configuration run with a bad one, too.
#[derive(Clone, Default)]
pub struct Config(Vec<String>);

impl Config {
    /// Parses and checks every setting. The first one that is not allowed is the error.
    pub fn check(self) -> Result<Settings, InvalidSetting> {
        let command = Options::augment_args(Command::new("cruddur").no_binary_name(true))
            // Their values are among the texts already.
            .mut_args(|arg| arg.env(None::<&str>));
        let matches = command.try_get_matches_from(self.0)?;
        Options::from_arg_matches(&matches)?.resolve()
    }
}

impl Args for Config {
    fn augment_args(command: Command) -> Command {
        let text = |arg: Arg| arg.global(true).value_parser(value_parser!(String));
        command.args(Options::args().into_iter().map(text))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Config {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |arg: Arg| {
            let id = arg.get_id().as_str();
            if matches.value_source(id)? == ValueSource::DefaultValue {
                return None;
            }
            let text = matches.get_one::<String>(id)?.trim();
            (!text.is_empty()).then(|| format!("--{}={text}", arg.get_long().unwrap_or(id)))
        };
        Ok(Self(Options::args().into_iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
