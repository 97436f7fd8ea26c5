//! GraphQL responses as clients read them, over any transport.

use async_graphql::{Response, ServerError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::error::Error;

/// A response, serialised without `data` if the request was not executed.
pub struct Payload<'a>(pub &'a Response);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !is_unexecuted(self.0) {
            return self.0.serialize(serializer);
        }
        let mut payload = serializer.serialize_map(Some(1))?;
        payload.serialize_entry("errors", &self.0.errors)?;
        payload.end()
    }
}

/// A response with data that is already JSON.
#[derive(Serialize)]
pub struct Introspected<'a> {
    pub data: &'a RawValue,
}

/// Returns true if the request was not executed: it has an error without a path.
pub fn is_unexecuted(response: &Response) -> bool {
    response.data == Value::Null && response.errors.iter().any(|error| error.path.is_empty())
}

/// Returns true if the request was not executed because too many others wait already.
pub fn is_unavailable(response: &Response) -> bool {
    let code = Value::from(Error::Unavailable.code());
    let is_unavailable = |error: &ServerError| {
        error.extensions.as_ref().and_then(|values| values.get("code")) == Some(&code)
    };
    is_unexecuted(response) && response.errors.iter().any(is_unavailable)
}

/// Creates an error of a request, as opposed to one of a field.
pub fn request_error(message: &str, code: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    error
}
