//! The errors of a response, made fit for clients.

use async_graphql::{Response, ServerError};

use super::{documents::Unknown, guard::Refusal};
use crate::error::Error;

/// The most errors that a response has.
const MAX_ERRORS: usize = 5;
/// The most characters that the text of an error has.
const MAX_MESSAGE: usize = 200;

/// How the library's errors begin where a value is not of its type, be it in the document or among
/// the variables.
const BAD_VALUE: [&str; 3] =
    ["Invalid value for argument ", "Expected input type ", "Failed to parse "];

/// The response to a document that the guard does not admit.
pub fn refused(refusal: Refusal) -> Box<Response> {
    let (error, code) = match refusal {
        Refusal::Syntax(error) => (readable(error), "GRAPHQL_PARSE_FAILED"),
        Refusal::FragmentCycle(name) => {
            let message = format!("The fragment `{name}` spreads itself.");
            (ServerError::new(message, None), "GRAPHQL_VALIDATION_FAILED")
        }
        Refusal::TooMuch { what, found, limit } => {
            let message =
                format!("The document has too many {what}: {found}, at most {limit} are allowed.");
            (ServerError::new(message, None), "GRAPHQL_VALIDATION_FAILED")
        }
    };
    request(error, code)
}

/// The response to a request whose document is not to be had.
pub fn unknown(unknown: Unknown) -> Box<Response> {
    let (message, code) = match unknown {
        Unknown::Malformed => {
            ("`persistedQuery` must have version 1 and a `sha256Hash`.", "BAD_REQUEST")
        }
        Unknown::Mismatch => ("The document has another SHA-256.", "PERSISTED_QUERY_HASH_MISMATCH"),
        // Apollo's clients know these words.
        Unknown::NotFound => ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
        Unknown::NotTrusted => {
            ("The document is not one of those that are run here.", "PERSISTED_QUERY_NOT_IN_LIST")
        }
    };
    request(ServerError::new(message, None), code)
}

/// The response to a request that is not carried out.
pub fn request(error: ServerError, code: &'static str) -> Box<Response> {
    let mut response = Box::new(Response::from_errors(vec![error]));
    finish(&mut response.errors, |_| code);
    response
}

/// A syntax error in one line.
fn readable(mut error: ServerError) -> ServerError {
    // The parser draws the place below a quotation of the line, and says what it misses at the end.
    if let Some((_, reason)) = error.message.rsplit_once("= ") {
        error.message = format!("Syntax error: {reason}.");
    }
    error
}

/// A response whose every error has a code, and a text that is safe for clients, in the order of the
/// fields that they came from. What is not known to be safe is logged and replaced.
pub fn finished(mut response: Response) -> Response {
    response.errors.sort_by_key(|error| error.locations.first().map(|at| (at.line, at.column)));
    finish(&mut response.errors, |error| {
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
        tracing::error!(?error, "an error of unknown kind came out of a request");
        error.message = Error::Internal.to_string();
        Error::Internal.code()
    });
    response
}

fn finish(errors: &mut Vec<ServerError>, code: impl Fn(&mut ServerError) -> &'static str) {
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

    /// Code and text of an error that came out of a field.
    fn told(error: async_graphql::Error) -> (Value, String) {
        let error = error.into_server_error(Pos::default());
        let error = error.with_path(vec![PathSegment::Field("home".into())]);
        let mut errors = finished(Response::from_errors(vec![error])).errors;
        let error = errors.remove(0);
        (error.extensions.unwrap().get("code").unwrap().clone(), error.message)
    }

    #[test]
    fn an_error_of_the_service_keeps_its_text() {
        let (code, text) = told(Error::from(UserErrorCode::ActivityNotFound).into());
        assert_eq!(code, Value::from("NOT_FOUND"));
        assert_eq!(text, UserErrorCode::ActivityNotFound.to_string());
    }

    #[test]
    fn an_unknown_error_is_masked() {
        for error in [
            io::Error::other("postgres://cruddur:secret@db").into(),
            async_graphql::Error::new("no such table: users"),
        ] {
            let (code, text) = told(error);
            assert_eq!(code, Value::from("INTERNAL_SERVER_ERROR"));
            assert_eq!(text, Error::Internal.to_string());
        }
    }

    #[test]
    fn errors_are_few_and_short() {
        let error = ServerError::new("ü".repeat(1000), None);
        let errors = finished(Response::from_errors(vec![error; 1000])).errors;
        assert_eq!(errors.len(), MAX_ERRORS);
        assert_eq!(errors[0].message, "ü".repeat(MAX_MESSAGE));
    }
}
