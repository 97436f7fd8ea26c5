//! The errors of responses: each gets a code, and a message that is safe for clients.

use async_graphql::{Response, ServerError};

use super::{limits::DocumentError, persisted::PersistedQueryError};
use crate::{error::Error, graphql::error_path};

/// The most errors of a response.
const MAX_ERRORS: usize = 5;
/// The most characters of an error message.
const MAX_MESSAGE: usize = 200;

/// The beginnings of async-graphql's messages for values of the wrong type, both in documents and
/// in variables.
const BAD_VALUE: [&str; 3] =
    ["Invalid value for argument ", "Expected input type ", "Failed to parse "];

/// Returns the response to a document that is rejected.
pub fn rejected_document(error: DocumentError) -> Box<Response> {
    let (error, code) = match error {
        DocumentError::Syntax(error) => (on_one_line(error), "GRAPHQL_PARSE_FAILED"),
        DocumentError::FragmentCycle(name) => {
            let message = format!("The fragment `{name}` spreads itself.");
            (ServerError::new(message, None), "GRAPHQL_VALIDATION_FAILED")
        }
        DocumentError::LimitExceeded { what, found, limit } => {
            // A document requests nodes; it has all the rest.
            let verb = if what == "nodes" { "requests" } else { "has" };
            let message = format!("The document {verb} {found} {what}; the limit is {limit}.");
            (ServerError::new(message, None), "GRAPHQL_VALIDATION_FAILED")
        }
    };
    rejected_request(error, code)
}

/// Returns the response to a request whose document is not found or not trusted.
pub fn unresolved_document(error: PersistedQueryError) -> Box<Response> {
    let (message, code) = match error {
        PersistedQueryError::Malformed => {
            ("`persistedQuery` must have version 1 and a `sha256Hash`.", "BAD_REQUEST")
        }
        PersistedQueryError::HashMismatch => {
            ("The document does not match its SHA-256 hash.", "PERSISTED_QUERY_HASH_MISMATCH")
        }
        // Apollo's clients compare this message.
        PersistedQueryError::NotFound => ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
        PersistedQueryError::NotTrusted => (
            "Only trusted documents are executed, and this one is not trusted.",
            "PERSISTED_QUERY_NOT_IN_LIST",
        ),
    };
    rejected_request(ServerError::new(message, None), code)
}

/// Returns the response to a request that is not executed.
pub fn rejected_request(error: ServerError, code: &'static str) -> Box<Response> {
    let mut response = Box::new(Response::from_errors(vec![error]));
    add_codes(&mut response.errors, |_| code);
    response
}

/// Shortens the message of a syntax error to one line.
fn on_one_line(mut error: ServerError) -> ServerError {
    // The parser quotes the line, marks the position below it, and ends with what it expected.
    if let Some((_, reason)) = error.message.rsplit_once("= ") {
        error.message = format!("Syntax error: {reason}.");
    }
    error
}

/// Prepares the errors of a response for clients: sorts them in the order of the fields that
/// failed, gives each a code, and logs and replaces messages that are not known to be safe.
pub fn sanitized(mut response: Response) -> Response {
    response.errors.iter_mut().for_each(error_path::restore);
    response.errors.sort_by_key(|error| error.locations.first().map(|at| (at.line, at.column)));
    add_codes(&mut response.errors, |error| {
        if let Some(source) = error.source::<Error>() {
            return source.code();
        }
        if error.source.is_none() {
            if BAD_VALUE.iter().any(|beginning| error.message.starts_with(beginning)) {
                return "BAD_USER_INPUT";
            }
            if error.path.is_empty() {
                return "GRAPHQL_VALIDATION_FAILED";
            }
        }
        tracing::error!(?error, "a resolver failed with an unexpected error");
        error.message = Error::Internal.to_string();
        Error::Internal.code()
    });
    response
}

/// Adds codes to errors, and cuts off errors and messages that exceed the limits.
fn add_codes(errors: &mut Vec<ServerError>, code: impl Fn(&mut ServerError) -> &'static str) {
    errors.truncate(MAX_ERRORS);
    for error in errors {
        let code = code(error);
        error.extensions.get_or_insert_default().set("code", code);
        if let Some((end, _)) = error.message.char_indices().nth(MAX_MESSAGE) {
            error.message.truncate(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use async_graphql::{PathSegment, Pos, Value};

    use super::*;
    use crate::error::UserErrorCode;

    /// Returns the code and message that a client receives for the error of a field.
    fn sanitized_error(error: async_graphql::Error) -> (Value, String) {
        let error = error.into_server_error(Pos::default());
        let error = error.with_path(vec![PathSegment::Field("home".into())]);
        let mut errors = sanitized(Response::from_errors(vec![error])).errors;
        let error = errors.remove(0);
        (error.extensions.unwrap().get("code").unwrap().clone(), error.message)
    }

    #[test]
    fn errors_of_the_service_keep_their_message() {
        let (code, text) = sanitized_error(Error::from(UserErrorCode::ActivityNotFound).into());
        assert_eq!(code, Value::from("NOT_FOUND"));
        assert_eq!(text, UserErrorCode::ActivityNotFound.to_string());
    }

    #[test]
    fn unexpected_errors_are_masked() {
        for error in [
            io::Error::other("postgres://cruddur:secret@db").into(),
            async_graphql::Error::new("no such table: users"),
        ] {
            let (code, text) = sanitized_error(error);
            assert_eq!(code, Value::from("INTERNAL_SERVER_ERROR"));
            assert_eq!(text, Error::Internal.to_string());
        }
    }

    #[test]
    fn errors_are_limited_in_number_and_length() {
        let error = ServerError::new("ü".repeat(1000), None);
        let errors = sanitized(Response::from_errors(vec![error; 1000])).errors;
        assert_eq!(errors.len(), MAX_ERRORS);
        assert_eq!(errors[0].message, "ü".repeat(MAX_MESSAGE));
    }
}
