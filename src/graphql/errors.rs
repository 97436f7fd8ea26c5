//! The errors of a response, made fit for clients.

use async_graphql::{Response, ServerError};

use crate::error::Error;

/// The most errors that a response has.
const MAX_ERRORS: usize = 5;
/// The most characters that the text of an error has.
const MAX_MESSAGE: usize = 200;

/// The response to a document that cannot be parsed.
pub fn not_parsed(error: ServerError) -> Response {
    finish(Response::from_errors(vec![error]), |_| "GRAPHQL_PARSE_FAILED")
}

pub fn finished(response: Response) -> Response {
    finish(response, |error| match error.source::<Error>() {
        Some(error) => error.code(),
        None => "GRAPHQL_VALIDATION_FAILED",
    })
}

fn finish(mut response: Response, code: impl Fn(&ServerError) -> &'static str) -> Response {
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        let code = code(error);
        error.extensions.get_or_insert_default().set("code", code);
    }
    response
}
