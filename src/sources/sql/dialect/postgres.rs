//! PostgreSQL's side.

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{Arguments, Postgres, SqlStr, error::BoxDynError};
use uuid::Uuid;

use super::{Dialect, Param, Row};
use crate::domain::text::Search;

impl Dialect for Postgres {
    const BEGIN: &'static str = "BEGIN";
    const MAX_WRITERS: usize = 1_000;
    // Unlike `FOR UPDATE`, it lets others insert rows that refer to the locked one.
    const FOR_UPDATE: &'static str = "FOR NO KEY UPDATE";
    const FOR_UPDATE_SKIP_LOCKED: &'static str = "FOR UPDATE SKIP LOCKED";
    const FOR_KEY_SHARE: &'static str = "FOR KEY SHARE";
    const FOR_KEY_UPDATE: &'static str = "FOR UPDATE";
    // Less than `deadlock_timeout`, so that no other transaction is chosen as the victim of a deadlock.
    const NO_WAITING: Option<&'static str> = Some("SET LOCAL lock_timeout = '100ms'");
    const STABLE_BELOW: &'static str = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
    const CURRENT_SNAPSHOT: &'static str = "SELECT pg_current_snapshot()::text";

    run_with_sqlx!();

    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError> {
        arguments.add(uuids.to_vec())
    }

    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError> {
        arguments.add(texts.to_vec())
    }

    fn in_uuids(parameter: &str) -> String {
        format!("= ANY({parameter})")
    }

    fn in_texts(parameter: &str) -> String {
        format!("= ANY({parameter})")
    }

    fn key_table(parameter: &str) -> String {
        format!("unnest({parameter}) WITH ORDINALITY AS k(key, n)")
    }

    fn lateral(columns: &str, keys: &str, table: &str, tail: &str) -> String {
        format!(
            "SELECT {columns} FROM {keys} \
             CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {tail}) AS t"
        )
    }

    fn matches(_table: &str, parameter: &str) -> String {
        format!("array_to_tsvector(string_to_array(words, ' ')) @@ {parameter}::text::tsquery")
    }

    fn search_query(search: &Search) -> String {
        let words: Vec<_> = search.words.iter().map(|word| format!("'{word}'")).collect();
        words.join(" & ") + if search.prefix { ":*" } else { "" }
    }
}
