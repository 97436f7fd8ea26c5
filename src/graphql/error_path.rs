//! The paths of errors below lists.
//!
//! async-graphql replaces the path of an error that leaves an item of a list by the path of the
//! item, so that everything below it is lost: the path of a failed `replies` would end with
//! `["edges", 0]`. The GraphQL specification (section 7.1.2, "Errors") wants the path of the field
//! that failed. Each item therefore [keeps](keep) the path in the error's source, which
//! async-graphql passes on, and the pipeline [restores](restore) it.

use std::{any::Any, sync::Arc};

use async_graphql::{PathSegment, ServerError};

/// The source of an error that has left an item of a list.
struct KeptPath {
    path: Vec<PathSegment>,
    /// The source that the error had before.
    source: Option<Arc<dyn Any + Send + Sync>>,
}

/// Keeps the path of an error that leaves an item of a list. Does nothing if an item further down
/// has kept it.
pub fn keep(mut error: ServerError) -> ServerError {
    if !error.path.is_empty() && error.source::<KeptPath>().is_none() {
        let source = error.source.take();
        error.source = Some(Arc::new(KeptPath { path: error.path.clone(), source }));
    }
    error
}

/// Gives an error back the path and the source that [`keep`] has kept.
pub fn restore(error: &mut ServerError) {
    if let Some(KeptPath { path, source }) = error.source::<KeptPath>() {
        let (path, source) = (path.clone(), source.clone());
        error.path = path;
        error.source = source;
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Pos;

    use super::*;
    use crate::error::Error;

    fn path(names: &[&str]) -> Vec<PathSegment> {
        names.iter().map(|name| PathSegment::Field((*name).to_owned())).collect()
    }

    #[test]
    fn the_innermost_path_and_the_source_are_restored() {
        let error = async_graphql::Error::from(Error::Unavailable);
        let error = error.into_server_error(Pos::default()).with_path(path(&["a", "b", "c"]));
        let error = keep(error).with_path(path(&["a", "b"]));
        let mut error = keep(error).with_path(path(&["a"]));
        restore(&mut error);
        assert_eq!(error.path, path(&["a", "b", "c"]));
        assert_eq!(error.source::<Error>(), Some(&Error::Unavailable));
    }

    #[test]
    fn errors_outside_of_lists_stay_as_they_are() {
        let mut error = keep(ServerError::new("Unknown", None));
        assert!(error.source.is_none());
        error.path = path(&["a"]);
        restore(&mut error);
        assert_eq!(error.path, path(&["a"]));
    }
}
