//! One SQL statement with its parameters, over both databases.

use sqlx::{AssertSqlSafe, FromRow, SqlSafeStr, error::BoxDynError};
use uuid::Uuid;

use super::{
    dialect::{Dialect, Param, Row},
    error::query_error,
    keyset::KeysetOrder,
    pool::{Sql, WriteTx},
};
use crate::{
    domain::{HasCursor, Page, Pagination},
    error::{Error, Result},
};

/// The most rows that one statement inserts; SQLite takes at most 32,766 parameters.
const INSERT_ROWS: usize = 500;

/// A statement that is being put together.
pub struct Statement<DB: Dialect> {
    sql: String,
    arguments: std::result::Result<DB::Arguments, BoxDynError>,
    /// The number of bound parameters.
    bound: usize,
}

/// Begins a statement with the placeholders `$1`, `$2`, … for what is bound, in order.
///
/// The text is put together from constants of the code alone. What comes from a request is bound.
pub fn sql<DB: Dialect>(text: impl Into<String>) -> Statement<DB> {
    Statement { sql: text.into(), arguments: Ok(DB::Arguments::default()), bound: 0 }
}

impl<DB: Dialect> Statement<DB> {
    pub fn bind<T: Param>(self, value: T) -> Self {
        self.add(|arguments| DB::add(arguments, value))
    }

    pub fn bind_uuids(self, uuids: &[Uuid]) -> Self {
        self.add(|arguments| DB::add_uuids(arguments, uuids))
    }

    pub fn bind_texts(self, texts: &[String]) -> Self {
        self.add(|arguments| DB::add_texts(arguments, texts))
    }

    /// Binds the bounds of the page, whose placeholders [`KeysetOrder::keyset`] names.
    pub fn bind_range(self, order: &KeysetOrder, pagination: &Pagination) -> Self {
        let (low, high) = pagination.range(order.order);
        self.bind(low.at).bind(low.uuid).bind(high.at).bind(high.uuid)
    }

    /// Cuts a page out of the list that the statement selects. The statement ends in its `WHERE`
    /// condition.
    fn paginate(mut self, order: &KeysetOrder, pagination: &Pagination) -> Self {
        self.sql = format!("{} {}", self.sql, order.keyset(pagination, self.bound + 1));
        self.bind_range(order, pagination)
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

    /// Runs the statement in a transaction. Returns all its rows.
    pub async fn all<T: Row>(self, tx: &mut WriteTx<'_, DB>) -> Result<Vec<T>> {
        self.fetch(tx.connection()).await
    }

    /// Runs the statement in a transaction. Returns its first row, if it has one.
    pub async fn first<T: Row>(self, tx: &mut WriteTx<'_, DB>) -> Result<Option<T>> {
        Ok(self.all(tx).await?.into_iter().next())
    }

    /// Runs the statement in a transaction. Returns the number of rows that it changed.
    pub async fn run(self, tx: &mut WriteTx<'_, DB>) -> Result<u64> {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        let arguments = self.arguments.map_err(|error| query_error(sqlx::Error::Encode(error)))?;
        DB::execute(tx.connection(), sql, arguments).await.map_err(query_error)
    }

    async fn fetch<T: Row>(self, connection: &mut DB::Connection) -> Result<Vec<T>> {
        let sql = AssertSqlSafe(self.sql).into_sql_str();
        let arguments = self.arguments.map_err(|error| query_error(sqlx::Error::Encode(error)))?;
        let rows = DB::fetch_all(connection, sql, arguments).await.map_err(query_error)?;
        rows.iter().map(|row| DB::read(row).map_err(query_error)).collect()
    }
}

/// A row of a list by keys.
#[derive(FromRow)]
pub struct Grouped<T> {
    /// The number of the row's key in the list of keys, from 1 on.
    n: i64,
    #[sqlx(flatten)]
    item: T,
}

impl<DB: Dialect> Sql<DB> {
    /// Runs a statement that reads. Returns all its rows.
    pub async fn all<T: Row>(&self, statement: Statement<DB>) -> Result<Vec<T>> {
        statement.fetch(&mut *self.read().await?).await
    }

    /// Runs a statement that reads. Returns its first row, if it has one.
    pub async fn first<T: Row>(&self, statement: Statement<DB>) -> Result<Option<T>> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// Returns one page of the list that `statement` selects, which ends in its `WHERE` condition.
    pub async fn page<T: Row + HasCursor>(
        &self,
        statement: Statement<DB>,
        order: &KeysetOrder,
        pagination: &Pagination,
    ) -> Result<Page<T>> {
        let rows: Vec<T> = self.all(statement.paginate(order, pagination)).await?;
        Ok(pagination.paginate(rows.into_iter().map(HasCursor::with_cursor)))
    }

    /// Returns one page of each key's list, in the keys' order. `statement` selects the rows of all
    /// pages, each with the number `n` of its key.
    pub async fn pages<T: Row + HasCursor>(
        &self,
        statement: Statement<DB>,
        keys: &[Uuid],
        pagination: &Pagination,
    ) -> Result<Vec<Page<T>>> {
        let mut lists: Vec<Vec<_>> = keys.iter().map(|_| Vec::new()).collect();
        for Grouped { n, item } in self.all::<Grouped<T>>(statement).await? {
            let list = usize::try_from(n - 1).ok().and_then(|n| lists.get_mut(n));
            list.ok_or(Error::Internal)?.push(item.with_cursor());
        }
        Ok(lists.into_iter().map(|rows| pagination.paginate(rows)).collect())
    }
}

/// Inserts rows, many with a statement. Fails if one of them exists.
///
/// `into` is a table with its columns; `bind` binds one row's values in the columns' order.
pub async fn insert<DB: Dialect, T>(
    tx: &mut WriteTx<'_, DB>,
    into: &str,
    rows: &[T],
    bind: impl Fn(Statement<DB>, &T) -> Statement<DB>,
) -> Result<()> {
    for rows in rows.chunks(INSERT_ROWS) {
        let statement = sql(insert_text(into, rows.len()));
        rows.iter().fold(statement, &bind).run(tx).await?;
    }
    Ok(())
}

/// Inserts one row as [`insert`] does, unless it exists. Returns whether it was inserted.
pub async fn insert_if_absent<DB: Dialect, T>(
    tx: &mut WriteTx<'_, DB>,
    into: &str,
    row: &T,
    bind: impl Fn(Statement<DB>, &T) -> Statement<DB>,
) -> Result<bool> {
    let statement = sql(format!("{} ON CONFLICT DO NOTHING", insert_text(into, 1)));
    Ok(bind(statement, row).run(tx).await? > 0)
}

/// The text of an `INSERT` of so many rows.
fn insert_text(into: &str, rows: usize) -> String {
    let columns = into.matches(',').count() + 1;
    let values: Vec<_> = (0..rows)
        .map(|row| {
            let marks: Vec<_> =
                (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    format!("INSERT INTO {into} VALUES {}", values.join(", "))
}

/// The columns of a list of columns, each as a column of `table`.
pub fn qualified(table: &str, columns: &str) -> String {
    format!("{table}.{}", columns.replace(", ", &format!(", {table}.")))
}
