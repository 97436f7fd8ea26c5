//! The errors of responses: each gets a code, a message that is safe for clients, and its place in
//! the document that the client sent.

use async_graphql::{PathSegment, Pos, Response, ServerError, Value};

use super::{
    RequestError, coercion::CoercionError, introspection::IntrospectionError,
    limits::LimitExceeded, normalization::NormalizationError, persisted::PersistedQueryError,
    problem::Problem, validation::DocumentError,
};
use crate::{error::Error, graphql::error_path};

/// The most errors of a response.
const MAX_ERRORS: usize = 5;
/// The most characters of an error message.
const MAX_MESSAGE: usize = 200;

/// The beginnings of async-graphql's messages for values of the wrong type, both in documents and
/// in variables.
const BAD_VALUE: [&str; 3] =
    ["Invalid value for argument ", "Expected input type ", "Failed to parse "];

const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
const BAD_INPUT: &str = "BAD_USER_INPUT";

/// Returns the response to a request that is not executed. `text` is its document.
pub fn rejected(error: RequestError, text: &str) -> Box<Response> {
    let mut response = match error {
        RequestError::Unresolved(error) => unresolved_document(error),
        RequestError::Document(DocumentError::Syntax(problem)) => {
            rejected_request(placed(problem), PARSE_FAILED)
        }
        RequestError::Document(DocumentError::Invalid(problems)) => invalid_document(problems),
        RequestError::Document(DocumentError::LimitExceeded(exceeded))
        | RequestError::Normalization(NormalizationError::LimitExceeded(exceeded))
        | RequestError::Introspection(IntrospectionError::LimitExceeded(exceeded))
        | RequestError::LimitExceeded(exceeded) => exceeded_limit(exceeded),
        RequestError::NoOperation(name) => no_operation(name),
        RequestError::Coercion(error) => wrong_value(error),
        RequestError::Normalization(NormalizationError::NullCondition(name)) => {
            let message = format!("The variable `${name}` is a condition and must not be null.");
            rejected_request(ServerError::new(message, None), BAD_INPUT)
        }
        RequestError::Introspection(IntrospectionError::Off) => {
            let message = "Introspection is off on this server.";
            rejected_request(ServerError::new(message, None), VALIDATION_FAILED)
        }
        RequestError::Introspection(IntrospectionError::TooDeep) => {
            let message = "The introspection query nests lists of fields or types too deeply.";
            rejected_request(ServerError::new(message, None), VALIDATION_FAILED)
        }
    };
    locate(&mut response.errors, text);
    response
}

fn invalid_document(problems: Vec<Problem>) -> Box<Response> {
    let codes = problems.iter().map(|it| if it.is_value { BAD_INPUT } else { VALIDATION_FAILED });
    let mut codes = codes.collect::<Vec<_>>().into_iter();
    let errors = problems.into_iter().map(placed).collect();
    let mut response = Box::new(Response::from_errors(errors));
    add_codes(&mut response.errors, |_| codes.next().unwrap_or(VALIDATION_FAILED));
    response
}

/// Returns the error of a problem, with its offset in the text as position.
fn placed(problem: Problem) -> ServerError {
    ServerError::new(problem.message, problem.offset.map(at_offset))
}

fn exceeded_limit(LimitExceeded { what, found, limit }: LimitExceeded) -> Box<Response> {
    // A document has tokens; it requests what the response would have.
    let verb = match what {
        "nodes" | "fields" => "requests",
        _ => "has",
    };
    let message = format!("The document {verb} {found} {what}; the limit is {limit}.");
    rejected_request(ServerError::new(message, None), VALIDATION_FAILED)
}

fn no_operation(name: Option<String>) -> Box<Response> {
    let message = match name {
        Some(name) => format!("The document has no operation named `{name}`."),
        None => "The document does not have exactly one operation: `operationName` must name the \
                 one to execute."
            .to_owned(),
    };
    rejected_request(ServerError::new(message, None), VALIDATION_FAILED)
}

fn wrong_value(error: CoercionError) -> Box<Response> {
    let place = error.value_path.into_iter().map(|segment| match segment {
        PathSegment::Field(name) => Value::from(name),
        PathSegment::Index(index) => Value::from(index),
    });
    let place = Value::List(place.collect());
    let error = ServerError::new(error.message, error.offset.map(at_offset));
    let mut response = rejected_request(error, BAD_INPUT);
    for error in &mut response.errors {
        error.extensions.get_or_insert_default().set("valuePath", place.clone());
    }
    response
}

/// Returns the response to a request whose document is not found or not trusted.
fn unresolved_document(error: PersistedQueryError) -> Box<Response> {
    let (message, code) = match error {
        PersistedQueryError::Malformed => (
            "`persistedQuery` must have version 1 and, as `sha256Hash`, the SHA-256 hash of the \
             document in hexadecimal digits or an id of the manifest.",
            "BAD_REQUEST",
        ),
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

/// Returns the response to a request that is not admitted.
pub fn overloaded(error: &Error) -> Response {
    *rejected_request(ServerError::new(error.to_string(), None), error.code())
}

/// Returns the response to a request that is not executed.
fn rejected_request(error: ServerError, code: &'static str) -> Box<Response> {
    let mut response = Box::new(Response::from_errors(vec![error]));
    add_codes(&mut response.errors, |_| code);
    response
}

/// Returns the position that stands for an offset in the text, in bytes, until `locate` replaces
/// it.
pub fn at_offset(offset: usize) -> Pos {
    Pos { line: 0, column: offset }
}

/// Replaces offsets in the text by lines and columns. Columns count characters.
fn locate(errors: &mut [ServerError], text: &str) {
    for pos in errors.iter_mut().flat_map(|error| &mut error.locations) {
        if pos.line > 0 {
            continue;
        }
        let before = text.get(..pos.column).unwrap_or(text);
        let line_breaks = |text: &str| text.matches('\n').count() + text.matches('\r').count();
        let pairs = before.matches("\r\n").count();
        let line_start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let column = before[line_start..].chars().count() + 1;
        *pos = Pos { line: line_breaks(before) - pairs + 1, column };
    }
}

/// Prepares the errors of a response for clients: sorts them in the order of the fields that
/// failed, gives each a code and its place in the document, and logs and replaces messages that are
/// not known to be safe. `text` is the document.
pub fn sanitized(mut response: Response, text: &str) -> Response {
    response.errors.iter_mut().for_each(error_path::restore);
    response.errors.sort_by_key(|error| error.locations.first().map(|at| (at.line, at.column)));
    add_codes(&mut response.errors, |error| {
        if let Some(source) = error.source::<Error>() {
            return source.code();
        }
        if error.source.is_none() {
            if BAD_VALUE.iter().any(|beginning| error.message.starts_with(beginning)) {
                return BAD_INPUT;
            }
            if error.path.is_empty() {
                return VALIDATION_FAILED;
            }
        }
        tracing::error!(?error, "a resolver failed with an unexpected error");
        error.message = Error::Internal.to_string();
        Error::Internal.code()
    });
    locate(&mut response.errors, text);
    response
}

/// Adds codes to errors, and cuts off errors and messages that exceed the limits.
fn add_codes(
    errors: &mut Vec<ServerError>,
    mut code: impl FnMut(&mut ServerError) -> &'static str,
) {
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
        let mut errors = sanitized(Response::from_errors(vec![error]), "{ home }").errors;
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
    fn errors_get_lines_and_columns() {
        let text = "{\r\n  é home\r\r\n}";
        for (what, line, column) in [("{", 1, 1), ("home", 2, 5), ("}", 4, 1)] {
            let error = ServerError::new("", text.find(what).map(at_offset));
            let errors = sanitized(Response::from_errors(vec![error]), text).errors;
            assert_eq!(errors[0].locations, [Pos { line, column }], "{what}");
        }
    }

    #[test]
    fn errors_are_limited_in_number_and_length() {
        let error = ServerError::new("ü".repeat(1000), None);
        let errors = sanitized(Response::from_errors(vec![error; 1000]), "").errors;
        assert_eq!(errors.len(), MAX_ERRORS);
        assert_eq!(errors[0].message, "ü".repeat(MAX_MESSAGE));
    }
}
