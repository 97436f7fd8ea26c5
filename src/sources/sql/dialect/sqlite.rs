//! SQLite's side.

use futures_util::{FutureExt, future::BoxFuture};
use sqlx::{Arguments, SqlStr, Sqlite, error::BoxDynError};
use uuid::Uuid;

use super::{Dialect, Param, Row};
use crate::domain::text::Search;

impl Dialect for Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    const MAX_WRITERS: usize = 1;
    const FOR_UPDATE: &'static str = "";
    const FOR_UPDATE_SKIP_LOCKED: &'static str = "";
    const FOR_KEY_SHARE: &'static str = "";
    const FOR_KEY_UPDATE: &'static str = "";
    const NO_WAITING: Option<&'static str> = None;
    const STABLE_BELOW: &'static str = "(SELECT last + 1 FROM positions)";
    const CURRENT_SNAPSHOT: &'static str =
        "SELECT (last + 1) || ':' || (last + 1) || ':' FROM positions";

    run_with_sqlx!();

    fn add_uuids(arguments: &mut Self::Arguments, uuids: &[Uuid]) -> Result<(), BoxDynError> {
        let hex: Vec<_> = uuids.iter().map(|uuid| uuid.simple().to_string()).collect();
        arguments.add(serde_json::to_string(&hex)?)
    }

    fn add_texts(arguments: &mut Self::Arguments, texts: &[String]) -> Result<(), BoxDynError> {
        arguments.add(serde_json::to_string(texts)?)
    }

    fn in_uuids(parameter: &str) -> String {
        format!("IN (SELECT unhex(value) FROM json_each({parameter}))")
    }

    fn in_texts(parameter: &str) -> String {
        format!("IN (SELECT value FROM json_each({parameter}))")
    }

    fn key_table(parameter: &str) -> String {
        format!("(SELECT key + 1 AS n, unhex(value) AS key FROM json_each({parameter})) AS k")
    }

    fn lateral(columns: &str, keys: &str, table: &str, tail: &str) -> String {
        format!(
            "SELECT {columns} FROM {keys} \
             JOIN {table} AS t ON t.rowid IN (SELECT rowid FROM {table} WHERE {tail})"
        )
    }

    fn matches(table: &str, parameter: &str) -> String {
        let one = if table == "users" { "user" } else { "activity" };
        format!(
            "uuid IN (SELECT w.uuid FROM {one}_search AS s JOIN {one}_words AS w ON w.id = s.rowid \
             WHERE {one}_search MATCH {parameter})"
        )
    }

    fn search_query(search: &Search) -> String {
        let words: Vec<_> = search.words.iter().map(|word| format!("\"{word}\"")).collect();
        words.join(" AND ") + if search.prefix { " *" } else { "" }
    }
}
