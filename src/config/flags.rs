//! Every flag, its environment variable, its default and its unit.

use clap::Args;

/// The configuration as it was given. An empty environment variable counts as unset.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub struct Config {
    /// The host name or IP address to listen on. One that other machines can reach needs an identity
    /// provider or --demo [default: 127.0.0.1]
    #[arg(long, env, global = true)]
    pub host: Option<String>,

    /// The TCP port to listen on; 0 takes a free one, which is then printed [default: 4567]
    #[arg(long, env, global = true)]
    pub port: Option<String>,

    /// Where the data lives: mock: (in memory), sqlite:PATH or
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE [default: sqlite:cruddur.db]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The original's name for DATABASE_URL, which wins where both are set
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub connection_url: Option<String>,

    /// A file that holds the database URL, for a secret that shall be in no environment
    #[arg(long, env, global = true, value_name = "FILE")]
    pub database_url_file: Option<String>,

    /// The most connections to the database at a time, 1 to 1000 [default: 10]
    #[arg(long, env, global = true, value_name = "COUNT")]
    pub database_connections: Option<String>,

    /// Where direct messages live, if not in the database: dynamodb:TABLE, with credentials and
    /// region from where AWS's own tools take them
    #[arg(long, env, global = true, value_name = "URL")]
    pub messages_url: Option<String>,

    /// The original's name for the table in MESSAGES_URL, which wins where both are set
    #[arg(long, env, global = true, value_name = "TABLE")]
    pub ddb_message_table: Option<String>,

    /// The URL of a DynamoDB of one's own [default: that of the region]
    #[arg(long, env, global = true, value_name = "URL")]
    pub aws_endpoint_url: Option<String>,

    /// Where the gateways of one database tell each other what happens: nats://HOST:PORT
    /// [default: the database, where it is PostgreSQL]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "URL")]
    pub events_url: Option<String>,

    /// The origins of the frontend, separated by commas, whose pages may call this gateway; * for
    /// any [default: none but the gateway's own]
    #[arg(long, env, global = true, value_name = "ORIGINS")]
    pub frontend_url: Option<String>,

    /// Further origins, as in FRONTEND_URL
    #[arg(long, env, global = true, value_name = "ORIGINS")]
    pub backend_url: Option<String>,

    /// Whose REST answers to give where the two originals differ: openapi (week 1 and the OpenAPI
    /// file) or final (the last application) [default: openapi]
    #[arg(long, env, global = true, value_name = "FLAVOR")]
    pub rest: Option<String>,

    /// In demo mode, the handle of the user as whom requests without a token act, or none for
    /// anonymous requests [default: andrewbrown with --rest openapi, none with --rest final]
    #[arg(long, env, global = true, value_name = "HANDLE")]
    pub viewer: Option<String>,

    /// Serve other machines in demo mode, where anybody may act as anybody: true or false
    /// [default: false]
    #[arg(
        long,
        env,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub demo: Option<String>,

    /// Where the identity provider's keys are, a URL or a file; without one the gateway is in demo
    /// mode [default: with AWS_COGNITO_USER_POOL_ID that of Cognito]
    #[arg(long, env, global = true, value_name = "URL")]
    pub jwks_url: Option<String>,

    /// The identity provider: the iss of its tokens
    #[arg(long, env, global = true, value_name = "URL")]
    pub jwt_issuer: Option<String>,

    /// For whom tokens must be: their aud
    #[arg(long, env, global = true, value_name = "NAME")]
    pub jwt_audience: Option<String>,

    /// The user pool of Amazon Cognito whose tokens are believed, in place of JWT_ISSUER
    #[arg(long, env, global = true, value_name = "POOL")]
    pub aws_cognito_user_pool_id: Option<String>,

    /// The pool's client whose tokens are believed, in place of JWT_AUDIENCE
    #[arg(long, env, global = true, value_name = "CLIENT")]
    pub aws_cognito_user_pool_client_id: Option<String>,

    /// The pool's region
    #[arg(long, env, global = true, value_name = "REGION")]
    pub aws_default_region: Option<String>,

    /// The secret of demo tokens, at least 32 characters, for several gateways in demo mode to share
    /// [default: each gateway's own, new at each start]
    #[arg(long, env, global = true, hide_env_values = true, value_name = "SECRET")]
    pub demo_token_secret: Option<String>,

    /// A file that holds the secret of demo tokens
    #[arg(long, env, global = true, value_name = "FILE")]
    pub demo_token_secret_file: Option<String>,

    /// How many requests a second, and how many at once, one signed-in viewer may make; off for any
    /// number [default: 50/500; off in demo mode]
    #[arg(long, env, global = true, value_name = "RATE/BURST")]
    pub viewer_rate: Option<String>,

    /// As VIEWER_RATE, for all requests of one address, an IPv6 network of 64 bits counting as one
    /// [default: 200/2000; off in demo mode]
    #[arg(long, env, global = true, value_name = "RATE/BURST")]
    pub address_rate: Option<String>,

    /// The addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas
    /// [default: none]
    #[arg(long, env, global = true, value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,

    /// Whether to serve GraphiQL at /graphiql: on or off [default: on]
    #[arg(long, env, global = true, value_name = "SWITCH")]
    pub graphiql: Option<String>,

    /// Whether to serve what the gateway counts about itself at /metrics, for Prometheus: on or off
    /// [default: off]
    #[arg(long, env, global = true, value_name = "SWITCH")]
    pub metrics: Option<String>,

    /// After how many days, 1 to 36500, expired activities are deleted; off keeps them for ever
    /// [default: off]
    #[arg(long, env, global = true, value_name = "DAYS")]
    pub delete_expired_after: Option<String>,

    /// The deepest nesting of fields in a GraphQL document, 1 to 100 [default: 15]
    #[arg(long, env, global = true, value_name = "LEVELS")]
    pub max_depth: Option<String>,

    /// The most objects that the pages of a GraphQL document may hold together, 1 to 1000000
    /// [default: 10000]
    #[arg(long, env, global = true, value_name = "NODES")]
    pub max_nodes: Option<String>,

    /// The most bytes of a GraphQL document, 1 to 1000000 [default: 100000]
    #[arg(long, env, global = true, value_name = "BYTES")]
    pub max_bytes: Option<String>,

    /// The most tokens in a GraphQL document, 1 to 100000 [default: 4000]
    #[arg(long, env, global = true, value_name = "TOKENS")]
    pub max_tokens: Option<String>,

    /// The most aliases in a GraphQL document, 1 to 10000 [default: 30]
    #[arg(long, env, global = true, value_name = "ALIASES")]
    pub max_aliases: Option<String>,

    /// The most directives in a GraphQL document, 1 to 10000 [default: 50]
    #[arg(long, env, global = true, value_name = "DIRECTIVES")]
    pub max_directives: Option<String>,

    /// The most fields of a GraphQL document, each as often as fragments repeat it, 1 to 1000000
    /// [default: 5000]
    #[arg(long, env, global = true, value_name = "FIELDS")]
    pub max_selections: Option<String>,

    /// What becomes of GraphQL documents that are not in the manifest: off has no manifest, log
    /// runs and logs them, only refuses them [default: off]
    #[arg(long, env, global = true, value_name = "POLICY")]
    pub trusted_documents: Option<String>,

    /// The manifest of trusted GraphQL documents: a JSON object of SHA-256 hashes and texts, read
    /// again at SIGHUP
    #[arg(long, env, global = true, value_name = "FILE")]
    pub trusted_documents_file: Option<String>,

    /// What is logged: a level (off, error, warn, info, debug, trace) or a list such as
    /// info,cruddur=debug [default: info]
    #[arg(long, env, global = true, value_name = "FILTER")]
    pub log: Option<String>,

    /// How it is logged, on the standard error: text, json, or auto for text on a terminal and
    /// JSON otherwise [default: auto]
    #[arg(long, env, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
}
