//! How users sign in: with an identity provider, or not at all in demo mode.

use std::fmt;

use clap::{ArgAction, Args};

use super::{
    error::InvalidSetting,
    parse::{Choices, Text, choice},
};
use crate::{
    auth::{Audience, KeySource, ProviderConfig},
    rest::Flavor,
};

const BOOLEANS: Choices<bool> = &[("true", true), ("false", false), ("1", true), ("0", false)];

/// The minimum length of a demo token secret, in characters.
const MIN_SECRET: usize = 32;

/// What names the identity provider.
#[derive(Args)]
#[group(skip)]
pub(super) struct ProviderOptions {
    /// URL or file of the identity provider's public keys (JWKS), with `https` unless it is on this
    /// machine. Without an identity provider the gateway runs in demo mode [default: Cognito's, if `AWS_COGNITO_USER_POOL_ID` is set]
    #[arg(long, env, value_name = "URL")]
    jwks_url: Option<Text>,

    /// Required `iss` claim: the identity provider's name in its tokens
    #[arg(long, env, value_name = "URL")]
    jwt_issuer: Option<Text>,

    /// Required `aud` claim
    #[arg(long, env, value_name = "NAME")]
    jwt_audience: Option<Text>,

    /// Amazon Cognito user pool to use as the identity provider, in place of `JWT_ISSUER`
    #[arg(long, env, value_name = "POOL")]
    aws_cognito_user_pool_id: Option<Text>,

    /// Client of the user pool that tokens must be issued for, in place of `JWT_AUDIENCE`
    #[arg(long, env, value_name = "CLIENT")]
    aws_cognito_user_pool_client_id: Option<Text>,

    /// Region of the user pool
    #[arg(long, env, value_name = "REGION")]
    aws_default_region: Option<Text>,
}

/// What demo mode alone uses.
#[derive(Args)]
#[group(skip)]
pub(super) struct DemoOptions {
    /// Let other machines reach demo mode, in which any client can act as any user: `true` or
    /// `false`
    #[arg(
        long,
        env,
        value_name = "BOOL",
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        default_value = "false",
        value_parser = choice(BOOLEANS)
    )]
    pub demo: bool,

    /// Demo mode only: handle of the user that requests without a token act as, or `none` to treat
    /// them as anonymous [default: `andrewbrown`; `none` with `REST=final`]
    #[arg(long, env, value_name = "HANDLE")]
    viewer: Option<Text>,

    /// Secret that signs demo tokens, 32 characters or more. Gateways in demo mode that share it
    /// accept each other's tokens [default: random at each start]
    #[arg(long, env, value_name = "SECRET")]
    demo_token_secret: Option<Text>,

    /// File to read the demo token secret from
    #[arg(long, env, value_name = "FILE")]
    demo_token_secret_file: Option<Text>,
}

/// How users sign in.
#[derive(Clone, PartialEq, Eq)]
pub enum AuthSettings {
    /// They do not: any client can act as any user.
    Demo {
        /// The handle of the user that requests without a token act as. `None` leaves them
        /// anonymous.
        viewer: Option<String>,
        /// Signs the tokens. `None` stands for a random secret of this gateway.
        secret: Option<String>,
    },
    /// With an OpenID provider.
    Provider(ProviderConfig),
}

impl AuthSettings {
    pub fn is_demo(&self) -> bool {
        matches!(self, Self::Demo { .. })
    }
}

impl fmt::Display for AuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demo { viewer, secret } => {
                writeln!(f, "VIEWER={}", viewer.as_deref().unwrap_or("none"))?;
                writeln!(f, "DEMO_TOKEN_SECRET={}", if secret.is_some() { "***" } else { "" })
            }
            Self::Provider(provider) => {
                writeln!(f, "JWKS_URL={}", provider.keys)?;
                writeln!(f, "JWT_ISSUER={}", provider.issuer)?;
                match &provider.audience {
                    Audience::Exact(name) => writeln!(f, "JWT_AUDIENCE={name}"),
                    Audience::CognitoClient(client) => {
                        writeln!(f, "AWS_COGNITO_USER_POOL_CLIENT_ID={client}")
                    }
                }
            }
        }
    }
}

/// As `Display`, which has no secrets.
impl fmt::Debug for AuthSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl ProviderOptions {
    /// An incomplete identity provider is an error: a mistake must not start demo mode.
    pub fn resolve(self, demo: DemoOptions, rest: Flavor) -> Result<AuthSettings, InvalidSetting> {
        match self.provider()? {
            Some(provider) => {
                demo.reject()?;
                Ok(AuthSettings::Provider(provider))
            }
            None => Ok(AuthSettings::Demo { viewer: demo.viewer(rest)?, secret: demo.secret()? }),
        }
    }

    fn provider(self) -> Result<Option<ProviderConfig>, InvalidSetting> {
        if self.aws_cognito_user_pool_id.is_some() || self.aws_cognito_user_pool_client_id.is_some()
        {
            return self.cognito().map(Some);
        }
        if self.jwks_url.is_none() && self.jwt_issuer.is_none() && self.jwt_audience.is_none() {
            return Ok(None);
        }
        let keys = "a URL or a file, together with JWT_ISSUER and JWT_AUDIENCE";
        let keys = required("JWKS_URL", self.jwks_url, keys)?.parse_url()?;
        let issuer = "the iss claim of the tokens, together with JWKS_URL";
        let issuer = required("JWT_ISSUER", self.jwt_issuer, issuer)?.text;
        let audience = "the aud claim of the tokens, together with JWKS_URL";
        let audience = required("JWT_AUDIENCE", self.jwt_audience, audience)?.text;
        Ok(Some(ProviderConfig {
            keys,
            issuer: issuer.into(),
            audience: Audience::Exact(audience),
        }))
    }

    fn cognito(self) -> Result<ProviderConfig, InvalidSetting> {
        if let Some(text) = self.jwt_issuer.or(self.jwt_audience) {
            return Err(text.invalid("nothing, because AWS_COGNITO_USER_POOL_ID is set"));
        }
        let pool = self.aws_cognito_user_pool_id;
        let pool = required("AWS_COGNITO_USER_POOL_ID", pool, "the id of a user pool")?;
        let client = self.aws_cognito_user_pool_client_id;
        let client = required(
            "AWS_COGNITO_USER_POOL_CLIENT_ID",
            client,
            "the id of a client of the user pool",
        )?;
        let region = self.aws_default_region;
        let region = required("AWS_DEFAULT_REGION", region, "the region of the user pool")?;
        for part in [&pool, &region] {
            if !part.text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
                return Err(part.invalid("letters, digits, - and _"));
            }
        }
        let issuer = format!("https://cognito-idp.{}.amazonaws.com/{}", region.text, pool.text);
        let keys = match self.jwks_url {
            Some(keys) => keys.parse_url()?,
            None => {
                let url = format!("{issuer}/.well-known/jwks.json");
                let keys = url.parse::<KeySource>();
                keys.map_err(|allowed| InvalidSetting::new("JWKS_URL", &url, allowed))?
            }
        };
        Ok(ProviderConfig {
            keys,
            issuer: issuer.into(),
            audience: Audience::CognitoClient(client.text),
        })
    }
}

impl DemoOptions {
    /// With an identity provider, options of demo mode are an error. `VIEWER=none` asks for what
    /// the provider does anyway.
    fn reject(self) -> Result<(), InvalidSetting> {
        let allowed = "nothing, because there is an identity provider";
        if let Some(viewer) = self.viewer.filter(|viewer| viewer.text != "none") {
            return Err(viewer.invalid(allowed));
        }
        if let Some(secret) = self.demo_token_secret {
            return Err(secret.invalid_secret(allowed));
        }
        match self.demo_token_secret_file {
            Some(file) => Err(file.invalid(allowed)),
            None => Ok(()),
        }
    }

    fn viewer(&self, rest: Flavor) -> Result<Option<String>, InvalidSetting> {
        let Some(viewer) = &self.viewer else {
            return Ok(match rest {
                Flavor::Openapi => Some("andrewbrown".to_owned()),
                Flavor::Final => None,
            });
        };
        if viewer.text == "none" {
            return Ok(None);
        }
        let handle = viewer.text.strip_prefix('@').unwrap_or(&viewer.text);
        if handle.is_empty() || handle.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(viewer.invalid("a handle, or none"));
        }
        Ok(Some(handle.to_owned()))
    }

    fn secret(self) -> Result<Option<String>, InvalidSetting> {
        match Text::or_from_file(self.demo_token_secret, self.demo_token_secret_file)? {
            Some(secret) if secret.text.chars().count() < MIN_SECRET => {
                Err(secret.invalid_secret(format!("at least {MIN_SECRET} characters")))
            }
            secret => Ok(secret.map(|secret| secret.text)),
        }
    }
}

fn required(variable: &str, text: Option<Text>, allowed: &str) -> Result<Text, InvalidSetting> {
    text.ok_or_else(|| InvalidSetting::new(variable, "", allowed))
}
