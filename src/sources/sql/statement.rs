//! One SQL statement with its parameters, over both databases.

use sqlx::{AssertSqlSafe, SqlSafeStr, error::BoxDynError};
use uuid::Uuid;

use super::{
    List,
    dialect::{Dialect, Param, Row},
    failed,
};
use crate::{domain::Pagination, error::Result};

/// The most rows that one statement inserts; SQLite takes at most 32,766 parameters.
const INSERT_ROWS: usize = 500;

/// A statement that is being put together.
pub struct Statement<DB: Dialect> {
    sql: String,
    arguments: std::result::Result<DB::Arguments, BoxDynError>,
    /// How many parameters are bound.
    bound: usize,
}

impl<DB: Dialect> Statement<DB> {
    /// A statement with placeholders `$1`, `$2`, … for what is bound, in order. The text is put
    /// together from constants of this module alone; what comes from a request is bound.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), arguments: Ok(DB::Arguments::default()), bound: 0 }
    }

    pub fn bind<T: Param>(self, value: T) -> Self {
        self.add(|arguments| DB::add(arguments, value))
    }

    pub fn bind_uuids(self, uuids: &[Uuid]) -> Self {
        self.add(|arguments| DB::add_uuids(arguments, uuids))
    }

    pub fn bind_texts(self, texts: &[String]) -> Self {
        self.add(|arguments| DB::add_texts(arguments, texts))
    }

    /// Cuts a page out of the list that the statement selects, which ends in its `WHERE` condition.
    pub fn page(mut self, list: &List, page: &Pagination) -> Self {
        self.sql = format!("{} {}", self.sql, list.keyset(page, self.bound + 1));
        self.bind_range(list, page)
    }

    /// Binds the ends of the range that [`List::keyset`] names.
    pub fn bind_range(self, list: &List, page: &Pagination) -> Self {
        let (low, high) = page.range(list.order);
        self.bind(low.at).bind(low.uuid).bind(high.at).bind(high.uuid)
    }

    fn add(
        mut self,
        add: impl FnOnce(&mut DB::Arguments) -> std::result::Result<(), BoxDynError>,
    ) -> Self {
        self.bound += 1;
        self.arguments = self.arguments.and_then(|mut arguments| {
            add(&mut arguments)?;
            Ok(arguments)
        });
        self
    }

    /// All rows that the statement gives.
    pub async fn all<T>(self, connection: &mut DB::Connection) -> Result<Vec<T>>
    where
        T: Row,
    {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        let arguments = self.arguments.map_err(|error| failed(sqlx::Error::Encode(error)))?;
        let rows = DB::rows(connection, sql, arguments).await.map_err(failed)?;
        rows.iter().map(|row| DB::read(row).map_err(failed)).collect()
    }

    /// The first row that the statement gives.
    pub async fn first<T>(self, connection: &mut DB::Connection) -> Result<Option<T>>
    where
        T: Row,
    {
        Ok(self.all(connection).await?.into_iter().next())
    }

    /// Runs the statement; how many rows it changed.
    pub async fn run(self, connection: &mut DB::Connection) -> Result<u64> {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        let arguments = self.arguments.map_err(|error| failed(sqlx::Error::Encode(error)))?;
        DB::run(connection, sql, arguments).await.map_err(failed)
    }
}

/// Inserts rows, many with a statement.
///
/// `into` is a table with its columns; `bind` binds one row's values in the columns' order.
pub async fn insert<DB: Dialect, T>(
    connection: &mut DB::Connection,
    into: &str,
    rows: &[T],
    bind: impl Fn(Statement<DB>, &T) -> Statement<DB>,
) -> Result<()> {
    let columns = into.matches(',').count() + 1;
    for rows in rows.chunks(INSERT_ROWS) {
        let values: Vec<_> = (0..rows.len())
            .map(|row| {
                let marks: Vec<_> =
                    (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
                format!("({})", marks.join(", "))
            })
            .collect();
        let statement = Statement::new(format!("INSERT INTO {into} VALUES {}", values.join(", ")));
        rows.iter().fold(statement, &bind).run(connection).await?;
    }
    Ok(())
}
