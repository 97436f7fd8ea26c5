//! Which GraphQL documents the gateway runs.

use std::{fmt, path::Path};

use clap::Args;

use super::{
    error::InvalidSetting,
    parse::{Choices, Text, choice, name_of, number},
};
use crate::graphql::{DocumentLimits, TrustedDocuments};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    Off,
    Log,
    Only,
}

const POLICIES: Choices<Policy> =
    &[("off", Policy::Off), ("log", Policy::Log), ("only", Policy::Only)];

#[derive(Args)]
#[group(skip)]
pub(super) struct DocumentOptions {
    /// Maximum nesting depth of fields in a GraphQL document, 1 to 100
    #[arg(
        long,
        env,
        value_name = "LEVELS",
        default_value = "15",
        value_parser = number(1..=100_usize)
    )]
    max_depth: usize,

    /// Maximum number of objects that a GraphQL document can request, 1 to 1000000
    #[arg(
        long,
        env,
        value_name = "NODES",
        default_value = "10000",
        value_parser = number(1..=1_000_000_u64)
    )]
    max_nodes: u64,

    /// Maximum size of a GraphQL document in bytes, 1 to 1000000
    #[arg(
        long,
        env,
        value_name = "BYTES",
        default_value = "100000",
        value_parser = number(1..=1_000_000_usize)
    )]
    max_bytes: usize,

    /// Maximum number of tokens in a GraphQL document, 1 to 100000
    #[arg(
        long,
        env,
        value_name = "TOKENS",
        default_value = "4000",
        value_parser = number(1..=100_000_usize)
    )]
    max_tokens: usize,

    /// Maximum number of aliases in a GraphQL document, 1 to 10000
    #[arg(
        long,
        env,
        value_name = "ALIASES",
        default_value = "30",
        value_parser = number(1..=10_000_usize)
    )]
    max_aliases: usize,

    /// Maximum number of directives in a GraphQL document, 1 to 10000
    #[arg(
        long,
        env,
        value_name = "DIRECTIVES",
        default_value = "50",
        value_parser = number(1..=10_000_usize)
    )]
    max_directives: usize,

    /// Maximum number of selections in a GraphQL operation, with its fragments expanded, 1 to 1000000
    #[arg(
        long,
        env,
        value_name = "SELECTIONS",
        default_value = "5000",
        value_parser = number(1..=1_000_000_u64)
    )]
    max_selections: u64,

    /// Maximum number of fields in a GraphQL response, computed before the execution, 1 to 10000000
    #[arg(
        long,
        env,
        value_name = "FIELDS",
        default_value = "100000",
        value_parser = number(1..=10_000_000_u64)
    )]
    max_fields: u64,

    /// What to do with GraphQL documents that are not in the manifest: `off` uses no manifest, `log`
    /// runs and logs them, `only` rejects them
    #[arg(
        long,
        env,
        value_name = "POLICY",
        default_value = "off",
        value_parser = choice(POLICIES)
    )]
    trusted_documents: Policy,

    /// Manifest of trusted GraphQL documents, as GraphQL Code Generator, relay-compiler or Apollo
    /// writes it, reloaded on SIGHUP
    #[arg(long, env, value_name = "FILE")]
    trusted_documents_file: Option<Text>,
}

impl DocumentOptions {
    pub fn resolve(self) -> Result<(DocumentLimits, TrustedDocuments), InvalidSetting> {
        let limits = DocumentLimits {
            depth: self.max_depth,
            nodes: self.max_nodes,
            bytes: self.max_bytes,
            tokens: self.max_tokens,
            aliases: self.max_aliases,
            directives: self.max_directives,
            selections: self.max_selections,
            fields: self.max_fields,
        };
        let trusted = match self.trusted_documents {
            Policy::Off => TrustedDocuments::default(),
            policy => {
                let file = self.trusted_documents_file.map(|file| file.text).unwrap_or_default();
                TrustedDocuments::open(Path::new(&file), policy == Policy::Only).map_err(
                    |error| {
                        let allowed = format!(
                            "a JSON object of ids and documents, or Apollo's manifest ({error})"
                        );
                        InvalidSetting::new("TRUSTED_DOCUMENTS_FILE", &file, allowed)
                    },
                )?
            }
        };
        Ok((limits, trusted))
    }
}

pub(super) fn write_limits(limits: &DocumentLimits, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "MAX_DEPTH={}", limits.depth)?;
    writeln!(f, "MAX_NODES={}", limits.nodes)?;
    writeln!(f, "MAX_BYTES={}", limits.bytes)?;
    writeln!(f, "MAX_TOKENS={}", limits.tokens)?;
    writeln!(f, "MAX_ALIASES={}", limits.aliases)?;
    writeln!(f, "MAX_DIRECTIVES={}", limits.directives)?;
    writeln!(f, "MAX_SELECTIONS={}", limits.selections)?;
    writeln!(f, "MAX_FIELDS={}", limits.fields)
}

pub(super) fn write_trusted(trusted: &TrustedDocuments, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (policy, file) = match trusted.setting() {
        None => (Policy::Off, String::new()),
        Some((file, true)) => (Policy::Only, file.display().to_string()),
        Some((file, false)) => (Policy::Log, file.display().to_string()),
    };
    writeln!(f, "TRUSTED_DOCUMENTS={}", name_of(POLICIES, &policy))?;
    writeln!(f, "TRUSTED_DOCUMENTS_FILE={file}")
}
