//! Keyset pagination in SQL.

use crate::domain::{Order, Pagination};

/// The columns that a list is ordered by, and the direction.
pub struct KeysetOrder {
    pub at: &'static str,
    pub uuid: &'static str,
    pub order: Order,
}

impl KeysetOrder {
    pub const NEWEST_FIRST: Self =
        Self { at: "created_at", uuid: "uuid", order: Order::NewestFirst };
    pub const OLDEST_FIRST: Self = Self { order: Order::OldestFirst, ..Self::NEWEST_FIRST };

    /// Cuts a page out of a list: the end of a `WHERE` condition, `ORDER BY` and `LIMIT`. Its four
    /// placeholders begin with `$first`: time and uuid of the lower bound, then of the upper one.
    ///
    /// The limit is a literal, since PostgreSQL plans `LIMIT $1` for thousands of rows. It is one of
    /// a few numbers, so that few statements are prepared.
    pub fn keyset(&self, pagination: &Pagination, first: usize) -> String {
        let Self { at, uuid, .. } = self;
        let limit = [2, 4, 11, 21, 51].into_iter().find(|limit| *limit > pagination.limit);
        format!(
            "AND ({at}, {uuid}) > (${}, ${}) AND ({at}, {uuid}) < (${}, ${}) {} LIMIT {}",
            first,
            first + 1,
            first + 2,
            first + 3,
            self.order_by(pagination),
            limit.unwrap_or(Pagination::MAX + 1),
        )
    }

    /// The order in which the page's rows are read.
    fn order_by(&self, pagination: &Pagination) -> String {
        let Self { at, uuid, order } = self;
        let direction = if pagination.descending(*order) { "DESC" } else { "ASC" };
        format!("ORDER BY {at} {direction}, {uuid} {direction}")
    }

    /// The order of the rows `t` of lists by keys `k`: by key, then as in the list.
    pub fn order_by_key(&self, pagination: &Pagination) -> String {
        let Self { at, uuid, order } = self;
        let direction = if pagination.descending(*order) { "DESC" } else { "ASC" };
        format!("ORDER BY k.n, t.{at} {direction}, t.{uuid} {direction}")
    }
}
