//! Adopts an original Cruddur database: in place, without losing anything.
//!
//! The original's tables get the columns that the migrations expect, before those run in the same
//! transaction; `CREATE TABLE IF NOT EXISTS` then finds the tables there. What the gateway cannot
//! serve truthfully stays in the table and is never visible: activities without an author, replies
//! without a parent.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::sources::{MigrateError, sql::error::migrate_error};

/// The number of the lock that migrating processes take in turn: "cruddur" in ASCII.
const LOCK: i64 = 0x63_72_75_64_64_75_72;
/// The most faulty rows that a refusal names.
const NAMED_ROWS: usize = 10;

/// The columns of an original database: table, column, and the types it may have.
const ORIGINAL: [(&str, &str, &[&str]); 15] = [
    ("users", "uuid", &["uuid"]),
    ("users", "display_name", &["text"]),
    ("users", "handle", &["text"]),
    ("users", "email", &["text"]),
    ("users", "cognito_user_id", &["text"]),
    ("users", "created_at", &["timestamp without time zone"]),
    ("activities", "uuid", &["uuid"]),
    ("activities", "user_uuid", &["uuid"]),
    ("activities", "message", &["text"]),
    ("activities", "replies_count", &["integer"]),
    ("activities", "reposts_count", &["integer"]),
    ("activities", "likes_count", &["integer"]),
    ("activities", "reply_to_activity_uuid", &["integer", "uuid"]),
    ("activities", "expires_at", &["timestamp without time zone"]),
    ("activities", "created_at", &["timestamp without time zone"]),
];

/// Rows that the gateway could not serve: what is wrong, and a query that names each.
const FAULTS: [(&str, &str); 4] = [
    (
        "users share a handle, or have handles that differ in case alone",
        "SELECT format('%s (%s)', handle, uuid) FROM users WHERE lower(handle) IN \
         (SELECT lower(handle) FROM users GROUP BY lower(handle) HAVING count(*) > 1) \
         ORDER BY lower(handle), created_at, uuid",
    ),
    (
        "users lack a handle, display_name, email, cognito_user_id or created_at",
        "SELECT uuid::text FROM users WHERE handle IS NULL OR handle = '' OR display_name IS NULL \
         OR email IS NULL OR cognito_user_id IS NULL OR created_at IS NULL ORDER BY uuid",
    ),
    (
        "activities lack a user_uuid, message or created_at",
        "SELECT uuid::text FROM activities \
         WHERE user_uuid IS NULL OR message IS NULL OR created_at IS NULL ORDER BY uuid",
    ),
    (
        "times lie before the year 1 or after the year 9999",
        "SELECT uuid::text FROM activities \
         WHERE NOT created_at BETWEEN '0001-01-01' AND '9999-12-31' \
         OR NOT coalesce(expires_at, created_at) BETWEEN '0001-01-01' AND '9999-12-31' \
         UNION SELECT uuid::text FROM users \
         WHERE NOT created_at BETWEEN '0001-01-01' AND '9999-12-31' ORDER BY 1",
    ),
];

/// The numbers of an early original, whose replies point to integers that name no activity.
const KEEP_NUMBERS: &str = "\
     ALTER TABLE activities RENAME COLUMN reply_to_activity_uuid TO reply_to_activity_number; \
     ALTER TABLE activities ADD COLUMN reply_to_activity_uuid uuid";

/// Naive timestamps are UTC.
const RETYPE: &str = "\
     ALTER TABLE users \
     ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC', \
     ALTER COLUMN created_at SET NOT NULL, \
     ADD COLUMN IF NOT EXISTS bio text, \
     ADD COLUMN words text; \
     ALTER TABLE activities \
     ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC', \
     ALTER COLUMN created_at SET NOT NULL, \
     ALTER COLUMN expires_at TYPE timestamptz USING expires_at AT TIME ZONE 'UTC', \
     ALTER COLUMN replies_count TYPE integer USING coalesce(replies_count, 0), \
     ALTER COLUMN reposts_count TYPE integer USING coalesce(reposts_count, 0), \
     ALTER COLUMN likes_count TYPE integer USING coalesce(likes_count, 0), \
     ALTER COLUMN replies_count SET DEFAULT 0, \
     ALTER COLUMN reposts_count SET DEFAULT 0, \
     ALTER COLUMN likes_count SET DEFAULT 0, \
     ALTER COLUMN replies_count SET NOT NULL, \
     ALTER COLUMN reposts_count SET NOT NULL, \
     ALTER COLUMN likes_count SET NOT NULL, \
     ADD COLUMN words text, \
     ADD COLUMN visible_until timestamptz";

/// Cruds first; then the replies below them, which live as long. A reply without a parent, or one
/// that is its own ancestor, is below none. Each level is found by an index: a hash join would read
/// the whole table once for every level, and a thread may have tens of thousands.
const SHOW: [&str; 4] = [
    "UPDATE activities AS a SET visible_until = coalesce(a.expires_at, '9999-12-31 23:59:59+00') \
     WHERE a.reply_to_activity_uuid IS NULL \
     AND EXISTS (SELECT FROM users AS u WHERE u.uuid = a.user_uuid)",
    "CREATE INDEX activities_adopted_idx ON activities (reply_to_activity_uuid) \
     WHERE reply_to_activity_uuid IS NOT NULL; \
     SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off",
    "WITH RECURSIVE visible (uuid, visible_until) AS ( \
     SELECT uuid, visible_until FROM activities WHERE visible_until IS NOT NULL \
     UNION ALL SELECT a.uuid, v.visible_until FROM visible AS v \
     JOIN activities AS a ON a.reply_to_activity_uuid = v.uuid \
     JOIN users AS u ON u.uuid = a.user_uuid) \
     UPDATE activities AS a SET visible_until = v.visible_until \
     FROM visible AS v WHERE v.uuid = a.uuid AND a.visible_until IS NULL",
    "DROP INDEX activities_adopted_idx; RESET enable_hashjoin; RESET enable_mergejoin",
];

/// The original's last version never counts replies.
const COUNT_REPLIES: &str = "\
     UPDATE activities AS a SET replies_count = r.count FROM ( \
     SELECT reply_to_activity_uuid AS uuid, count(*) AS count FROM activities \
     WHERE visible_until IS NOT NULL GROUP BY 1) AS r \
     WHERE r.uuid = a.uuid AND r.count > a.replies_count";

/// Takes the lock, then adopts the database if it is an original one. Returns whether it is.
pub async fn adopt(connection: &mut PgConnection) -> Result<bool, MigrateError> {
    for statement in ["SET LOCAL statement_timeout = 0", "SET LOCAL lock_timeout = '60s'"] {
        run(connection, statement).await?;
    }
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
    lock.execute(&mut *connection).await.map_err(migrate_error)?;
    let columns = columns(connection).await?;
    let has = |table: &str, column: &str| columns.contains_key(&(table.into(), column.into()));
    if !has("users", "uuid") && !has("activities", "uuid") || has("activities", "visible_until") {
        return Ok(false);
    }
    check_columns(&columns)?;
    check_rows(connection).await?;
    let replies = columns.get(&("activities".into(), "reply_to_activity_uuid".into()));
    let numbered = replies.is_some_and(|replies| replies == "integer");
    if numbered {
        run(connection, KEEP_NUMBERS).await?;
    }
    run(connection, RETYPE).await?;
    for statement in SHOW {
        run(connection, statement).await?;
    }
    if numbered {
        let hide = "UPDATE activities SET visible_until = NULL \
                    WHERE reply_to_activity_number IS NOT NULL";
        run(connection, hide).await?;
    }
    run(connection, COUNT_REPLIES).await?;
    Ok(true)
}

/// The type of each column of the original's tables in the schema that unqualified names go to.
async fn columns(
    connection: &mut PgConnection,
) -> Result<HashMap<(String, String), String>, MigrateError> {
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text \
         FROM information_schema.columns WHERE table_schema = current_schema() \
         AND table_name IN ('users', 'activities')",
    )
    .fetch_all(connection)
    .await
    .map_err(migrate_error)?;
    Ok(columns.into_iter().map(|(table, column, kind)| ((table, column), kind)).collect())
}

fn check_columns(columns: &HashMap<(String, String), String>) -> Result<(), MigrateError> {
    let mut faults = Vec::new();
    for (table, column, kinds) in ORIGINAL {
        let kind = columns.get(&(table.into(), column.into()));
        let kind = kind.map_or("missing", String::as_str);
        if !kinds.contains(&kind) {
            faults.push(format!("{table}.{column} is {kind}, not {}", kinds.join(" or ")));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(MigrateError::Refused(faults.join("; "))) }
}

async fn check_rows(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let mut faults = Vec::new();
    for (what, query) in FAULTS {
        let rows: Vec<String> =
            sqlx::query_scalar(query).fetch_all(&mut *connection).await.map_err(migrate_error)?;
        if rows.is_empty() {
            continue;
        }
        let more = rows.len().saturating_sub(NAMED_ROWS);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let named: Vec<_> = rows.into_iter().take(NAMED_ROWS).collect();
        faults.push(format!("{what}: {}{more}", named.join(", ")));
    }
    if faults.is_empty() { Ok(()) } else { Err(MigrateError::Refused(faults.join("; "))) }
}

async fn run(connection: &mut PgConnection, statements: &'static str) -> Result<(), MigrateError> {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.map_err(migrate_error)?;
    Ok(())
}
