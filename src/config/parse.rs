//! Parsers that several settings share.

use std::{ffi::OsStr, fmt::Display, fs, ops::RangeInclusive, str::FromStr};

use clap::{
    Arg, Command,
    builder::{StringValueParser, TypedValueParser, ValueParserFactory},
};

use super::error::{InvalidSetting, NotAllowed};
use crate::secret_url::{REDACTED, SecretUrl};

pub(super) type Parsed<T> = Result<T, NotAllowed>;

/// The names of a setting's values. A value with several names is shown by its first one.
pub(super) type Choices<T> = &'static [(&'static str, T)];

pub(super) const SWITCH: Choices<bool> = &[("on", true), ("off", false)];

/// Parses the name of a value.
pub(super) fn choice<T>(choices: Choices<T>) -> impl Fn(&str) -> Parsed<T> + Clone
where
    T: Copy + Send + Sync + 'static,
{
    move |text| match choices.iter().find(|(name, _)| *name == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            Err(NotAllowed::new(names.join(", ")))
        }
    }
}

/// Returns the name of a value, which must be one of the choices.
pub(super) fn name_of<T: PartialEq>(choices: Choices<T>, value: &T) -> &'static str {
    choices.iter().find(|(_, choice)| choice == value).map_or("", |(name, _)| *name)
}

/// Parses a number in a range.
pub(super) fn number<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Parsed<T> + Clone
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            NotAllowed::new(format!("a number from {} to {}", range.start(), range.end()))
        })
    }
}

/// The text of a setting whose check depends on other settings. It knows its variable's name.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub variable: String,
    pub text: String,
}

impl Text {
    pub fn invalid(&self, allowed: impl Display) -> InvalidSetting {
        InvalidSetting::new(&self.variable, &self.text, allowed)
    }

    /// As [`Text::invalid`], for a text of which nothing may be shown.
    pub fn invalid_secret(&self, allowed: impl Display) -> InvalidSetting {
        InvalidSetting::new(&self.variable, REDACTED, allowed)
    }

    /// As [`Text::invalid`], for a URL. Of a malformed one, nothing but the scheme is shown.
    pub fn invalid_url(&self, allowed: impl Display) -> InvalidSetting {
        InvalidSetting::new(&self.variable, &self.url().to_string(), allowed)
    }

    /// Parses the text, a URL.
    pub fn parse_url<T: FromStr<Err: Display>>(&self) -> Result<T, InvalidSetting> {
        self.text.parse().map_err(|allowed| self.invalid_url(allowed))
    }

    pub fn url(&self) -> SecretUrl {
        SecretUrl::new(self.text.as_str())
    }

    /// Returns `text`, or else the content of `file`. Setting both is an error.
    pub fn or_from_file(
        text: Option<Self>,
        file: Option<Self>,
    ) -> Result<Option<Self>, InvalidSetting> {
        let Some(file) = file else { return Ok(text) };
        if let Some(text) = text {
            let allowed = format!("one of {} and {}, not both", text.variable, file.variable);
            return Err(file.invalid_path(allowed));
        }
        match fs::read_to_string(&file.text) {
            Ok(text) => Ok(Some(Self { text: text.trim().to_owned(), ..file })),
            Err(error) => Err(file.invalid_path(format!("a file that can be read ({error})"))),
        }
    }
}

impl Text {
    /// As [`Text::invalid`], for the path of a file. The secret itself may be here by mistake.
    fn invalid_path(&self, allowed: impl Display) -> InvalidSetting {
        let is_path = self.text.starts_with(['/', '.']) && !self.text.contains([':', '@']);
        if is_path { self.invalid(allowed) } else { self.invalid_secret(allowed) }
    }
}

/// Makes clap parse fields of the type [`Text`].
#[derive(Clone)]
pub(super) struct TextParser;

impl ValueParserFactory for Text {
    type Parser = TextParser;

    fn value_parser() -> Self::Parser {
        TextParser
    }
}

impl TypedValueParser for TextParser {
    type Value = Text;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        let variable = arg.map(|arg| arg.get_id().as_str().to_uppercase()).unwrap_or_default();
        Ok(Text { variable, text })
    }
}
