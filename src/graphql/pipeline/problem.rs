//! The problems for which documents are rejected.

use apollo_compiler::parser::SourceSpan;

/// A problem of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    /// True if a literal is not of the type of its position.
    pub is_value: bool,
    /// The problem's place in the text, in bytes from its beginning.
    pub offset: Option<usize>,
}

impl Problem {
    pub fn new(message: impl Into<String>, location: Option<SourceSpan>) -> Self {
        let offset = location.as_ref().map(SourceSpan::offset);
        Self { message: message.into(), offset, ..Self::default() }
    }
}
