//! The limits on documents. `cost.rs` computes what an operation costs in their units.

/// The most that one document may request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// Bytes of the text. The other limits do not bound the length of a comment or string.
    pub bytes: usize,
    /// Tokens of the text. Commas and comments are not counted.
    pub tokens: usize,
    /// Aliases in the whole document.
    pub aliases: usize,
    /// Directives in the whole document.
    pub directives: usize,
    /// Levels of nested fields. The fields of an introspection query count as one level.
    pub depth: usize,
    /// Selections of the operation, counted as often as fragments repeat them.
    pub selections: u64,
    /// Objects that connections and lists of ids can return, computed from `first`, `last`, `ids`
    /// and the variables.
    pub nodes: u64,
    /// Fields of the response: those of the operation, times the objects that they are selected of.
    pub fields: u64,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            bytes: 100_000,
            tokens: 4_000,
            aliases: 30,
            directives: 50,
            depth: 15,
            selections: 5_000,
            nodes: 10_000,
            fields: 100_000,
        }
    }
}

/// A document has `found` of `what`, and the limit is `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitExceeded {
    pub what: &'static str,
    pub found: u64,
    pub limit: u64,
}

impl LimitExceeded {
    /// Fails if `found` is above the limit.
    pub fn check(what: &'static str, found: u64, limit: u64) -> Result<(), Self> {
        if found > limit { Err(Self { what, found, limit }) } else { Ok(()) }
    }
}
