//! How people sign in.

use std::fmt;

use super::{
    Invalid,
    shown::masked,
    values::{given, handle, read},
};
use crate::auth::{Audience, KeySource, ProviderConfig};

/// How people sign in.
#[derive(Clone, PartialEq, Eq)]
pub enum SigningIn {
    /// They do not: anybody may act as anybody.
    Demo {
        /// The handle of the user as whom requests without a token act; none for anonymous requests.
        viewer: Option<String>,
        /// What tokens are signed with; none for a secret of the gateway's own.
        secret: Option<String>,
    },
    /// By an OpenID provider.
    Provider(ProviderConfig),
}

impl SigningIn {
    pub fn is_demo(&self) -> bool {
        matches!(self, Self::Demo { .. })
    }
}

/// Without its secret.
impl fmt::Debug for SigningIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What says who the identity provider is.
pub(super) struct Provided {
    pub jwks_url: Option<String>,
    pub issuer: Option<String>,
    pub audience: Option<String>,
    pub pool: Option<String>,
    pub client: Option<String>,
    pub region: Option<String>,
}

/// What counts in demo mode only.
pub(super) struct Demoed {
    pub viewer: Option<String>,
    pub default_viewer: &'static str,
    pub secret: Option<String>,
    pub secret_file: Option<String>,
}

/// Half a configuration of an identity provider is refused: it must not end in demo mode.
pub(super) fn signing_in(provided: Provided, demoed: Demoed) -> Result<SigningIn, Invalid> {
    match trust(provided)? {
        Some(trust) => {
            no_demo("VIEWER", demoed.viewer.filter(|viewer| viewer != "none"), false)?;
            no_demo("DEMO_TOKEN_SECRET", demoed.secret, true)?;
            no_demo("DEMO_TOKEN_SECRET_FILE", demoed.secret_file, false)?;
            Ok(SigningIn::Provider(trust))
        }
        None => Ok(SigningIn::Demo {
            secret: secret(demoed.secret, demoed.secret_file)?,
            viewer: read(
                "VIEWER",
                demoed.viewer,
                demoed.default_viewer,
                "a handle, or none",
                |text| match text {
                    "none" => Some(None),
                    text => handle(text).map(Some),
                },
            )?,
        }),
    }
}

fn no_demo(variable: &str, text: Option<String>, is_secret: bool) -> Result<(), Invalid> {
    let Some(text) = given(text) else { return Ok(()) };
    let text = if is_secret { "***" } else { &text };
    Err(Invalid::new(variable, text, "nothing, because there is an identity provider"))
}

fn trust(provided: Provided) -> Result<Option<ProviderConfig>, Invalid> {
    let (issuer, audience) = (given(provided.issuer), given(provided.audience));
    let (pool, client) = (given(provided.pool), given(provided.client));
    let keys = given(provided.jwks_url);
    if pool.is_none() && client.is_none() {
        if keys.is_none() && issuer.is_none() && audience.is_none() {
            return Ok(None);
        }
        let keys = needed("JWKS_URL", keys, "a URL or a file, with JWT_ISSUER and JWT_AUDIENCE")?;
        let issuer = needed("JWT_ISSUER", issuer, "the iss of the tokens, with JWKS_URL")?;
        let audience = needed("JWT_AUDIENCE", audience, "the aud of the tokens, with JWKS_URL")?;
        let audience = Audience::Exact(audience);
        return Ok(Some(ProviderConfig { keys: key_source(&keys)?, issuer, audience }));
    }
    for (variable, text) in [("JWT_ISSUER", issuer), ("JWT_AUDIENCE", audience)] {
        if let Some(text) = text {
            return Err(Invalid::new(variable, &text, "nothing beside AWS_COGNITO_USER_POOL_ID"));
        }
    }
    let pool = needed("AWS_COGNITO_USER_POOL_ID", pool, "the id of a user pool")?;
    let client = needed("AWS_COGNITO_USER_POOL_CLIENT_ID", client, "the id of the pool's client")?;
    let region = needed("AWS_DEFAULT_REGION", given(provided.region), "the user pool's region")?;
    for (variable, text) in [("AWS_COGNITO_USER_POOL_ID", &pool), ("AWS_DEFAULT_REGION", &region)] {
        if !text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            return Err(Invalid::new(variable, text, "letters, digits, - and _"));
        }
    }
    let issuer = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
    let keys = keys.unwrap_or_else(|| format!("{issuer}/.well-known/jwks.json"));
    let audience = Audience::CognitoClient(client);
    Ok(Some(ProviderConfig { keys: key_source(&keys)?, issuer, audience }))
}

fn needed(variable: &str, text: Option<String>, allowed: &str) -> Result<String, Invalid> {
    text.ok_or_else(|| Invalid::new(variable, "", allowed))
}

fn key_source(text: &str) -> Result<KeySource, Invalid> {
    text.parse().map_err(|allowed| Invalid::new("JWKS_URL", &masked(text), allowed))
}

fn secret(text: Option<String>, file: Option<String>) -> Result<Option<String>, Invalid> {
    let (variable, secret) = match (given(text), given(file)) {
        (Some(_), Some(file)) => {
            let allowed = "one of DEMO_TOKEN_SECRET and DEMO_TOKEN_SECRET_FILE, not both";
            return Err(Invalid::new("DEMO_TOKEN_SECRET_FILE", &file, allowed));
        }
        (None, Some(file)) => match std::fs::read_to_string(&file) {
            Ok(secret) => ("DEMO_TOKEN_SECRET_FILE", secret.trim().to_owned()),
            Err(error) => {
                let allowed = format!("a file that can be read ({error})");
                return Err(Invalid::new("DEMO_TOKEN_SECRET_FILE", &file, allowed));
            }
        },
        (Some(secret), None) => ("DEMO_TOKEN_SECRET", secret),
        (None, None) => return Ok(None),
    };
    if secret.chars().count() < 32 {
        return Err(Invalid::new(variable, "***", "at least 32 characters"));
    }
    Ok(Some(secret))
}
