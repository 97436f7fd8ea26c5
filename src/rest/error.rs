//! Error responses as both frontends expect them: an array of one code, or an empty object.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::Flavor;
use crate::{
    error::{Error, UserErrorCode},
    headers::retry_after,
};

/// Says what is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Code)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    ActivityNotFound,
    ActivityNotYours,
    ActivityUuidBlank,
    BadRequest,
    BioInvalid,
    BlankUserHandle,
    CannotFollowYourself,
    CognitoUserIdBlank,
    CursorInvalid,
    DisplayNameBlank,
    DisplayNameInvalid,
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    InternalServerError,
    MessageBlank,
    MessageExceedMaxChars,
    #[serde(rename = "message_exceed_max_chars_1024")]
    MessageExceedMaxChars1024,
    MessageGroupUuidBlank,
    MethodNotAllowed,
    NotFound,
    NotificationNotFound,
    PayloadTooLarge,
    SearchTermBlank,
    SearchTermExceedMaxChars,
    ServiceUnavailable,
    ThreadTooDeep,
    TtlBlank,
    UnsupportedMediaType,
    UserNotFound,
    /// "Reciever" is the spelling of the original backends.
    UserRecieverHandleBlank,
}

impl From<UserErrorCode> for ErrorCode {
    fn from(code: UserErrorCode) -> Self {
        match code {
            UserErrorCode::MessageBlank | UserErrorCode::MessageInvalid => Self::MessageBlank,
            UserErrorCode::MessageTooLong => Self::MessageExceedMaxChars,
            UserErrorCode::TtlBlank => Self::TtlBlank,
            UserErrorCode::HandleBlank
            | UserErrorCode::HandleInvalid
            | UserErrorCode::HandleTaken => Self::BlankUserHandle,
            UserErrorCode::SearchTermBlank => Self::SearchTermBlank,
            UserErrorCode::SearchTermTooLong => Self::SearchTermExceedMaxChars,
            UserErrorCode::DisplayNameBlank => Self::DisplayNameBlank,
            UserErrorCode::DisplayNameInvalid => Self::DisplayNameInvalid,
            UserErrorCode::BioInvalid => Self::BioInvalid,
            UserErrorCode::RecipientBlank | UserErrorCode::RecipientNotFound => {
                Self::UserRecieverHandleBlank
            }
            UserErrorCode::MessageGroupNotFound | UserErrorCode::MessageNotFound => {
                Self::MessageGroupUuidBlank
            }
            UserErrorCode::ActivityNotFound => Self::ActivityUuidBlank,
            UserErrorCode::ActivityNotYours => Self::ActivityNotYours,
            UserErrorCode::ThreadTooDeep => Self::ThreadTooDeep,
            UserErrorCode::UserNotFound => Self::UserNotFound,
            UserErrorCode::CannotFollowYourself => Self::CannotFollowYourself,
            UserErrorCode::NotificationNotFound => Self::NotificationNotFound,
            UserErrorCode::IdempotencyKeyInvalid => Self::IdempotencyKeyInvalid,
            UserErrorCode::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            UserErrorCode::ViewerUnknown | UserErrorCode::ViewerRegistered => {
                Self::CognitoUserIdBlank
            }
        }
    }
}

/// The body of an error response: exactly one code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Codes, min_items = 1, max_items = 1)]
pub struct ErrorCodes(Vec<ErrorCode>);

/// An object without keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Nothing)]
pub struct EmptyObject {}

/// An error response.
#[derive(Debug, PartialEq, Eq)]
pub enum RestError {
    /// The status with an array of the code.
    Code(StatusCode, ErrorCode),
    /// The status with `{}`.
    Empty(StatusCode),
}

impl RestError {
    pub const NOT_FOUND: Self = Self::Code(StatusCode::NOT_FOUND, ErrorCode::NotFound);

    /// Converts an error of a reply or message. If the text is too long, the final backend names
    /// the limit in the code.
    pub fn for_long_text(flavor: Flavor) -> impl Fn(Error) -> Self {
        move |error| match error {
            Error::User(UserErrorCode::MessageTooLong) => {
                Self::Code(StatusCode::UNPROCESSABLE_ENTITY, flavor.too_long_code())
            }
            error => error.into(),
        }
    }
}

impl From<Error> for RestError {
    fn from(error: Error) -> Self {
        match error {
            Error::User(code) => Self::Code(StatusCode::UNPROCESSABLE_ENTITY, code.into()),
            // A cursor is the only input of a REST route that can be malformed.
            Error::BadInput(_) => {
                Self::Code(StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::CursorInvalid)
            }
            Error::Unauthenticated => Self::Empty(StatusCode::UNAUTHORIZED),
            Error::Unavailable => {
                Self::Code(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ServiceUnavailable)
            }
            Error::Internal => {
                Self::Code(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalServerError)
            }
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        match self {
            Self::Code(StatusCode::SERVICE_UNAVAILABLE, code) => {
                (StatusCode::SERVICE_UNAVAILABLE, [retry_after()], Json(ErrorCodes(vec![code])))
                    .into_response()
            }
            Self::Code(status, code) => (status, Json(ErrorCodes(vec![code]))).into_response(),
            Self::Empty(status) => (status, Json(EmptyObject {})).into_response(),
        }
    }
}

/// The error responses of every route.
#[expect(dead_code, reason = "it only documents what `RestError` responds with")]
#[derive(IntoResponses)]
pub enum CommonErrors {
    /// An internal error.
    #[response(status = 500, example = json!(["internal_server_error"]))]
    Internal(ErrorCodes),
    /// The service is overloaded, or a store is unreachable. Retry after `Retry-After` seconds.
    #[response(
        status = 503,
        example = json!(["service_unavailable"]),
        headers(("retry-after" = u32, description = "Seconds to wait before a retry."))
    )]
    Unavailable(ErrorCodes),
}

/// The further error responses of every route that reads a body.
#[expect(dead_code, reason = "it only documents what `RestError` responds with")]
#[derive(IntoResponses)]
pub enum BodyErrors {
    /// The body is not valid JSON.
    #[response(status = 400, example = json!(["bad_request"]))]
    BadRequest(ErrorCodes),
    /// The viewer is anonymous. This is checked before the body is read.
    #[response(status = 401, example = json!({}))]
    Unauthenticated(EmptyObject),
    /// The body is too large.
    #[response(status = 413, example = json!(["payload_too_large"]))]
    TooLarge(ErrorCodes),
    /// The `Content-Type` is not `application/json`.
    #[response(status = 415, example = json!(["unsupported_media_type"]))]
    UnsupportedMediaType(ErrorCodes),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_503_says_when_to_retry() {
        let response = RestError::from(Error::Unavailable).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
    }

    #[test]
    fn codes_are_spelled_as_in_the_original_backends() {
        let written = |code| serde_json::to_string(&ErrorCodes(vec![code])).unwrap();
        assert_eq!(
            written(UserErrorCode::RecipientNotFound.into()),
            r#"["user_reciever_handle_blank"]"#
        );
        assert_eq!(
            written(ErrorCode::MessageExceedMaxChars1024),
            r#"["message_exceed_max_chars_1024"]"#
        );
    }

    #[test]
    fn only_the_final_backend_names_the_limit_of_replies_and_messages() {
        let code = |flavor| RestError::for_long_text(flavor)(UserErrorCode::MessageTooLong.into());
        let error = |code| RestError::Code(StatusCode::UNPROCESSABLE_ENTITY, code);
        assert_eq!(code(Flavor::Openapi), error(ErrorCode::MessageExceedMaxChars));
        assert_eq!(code(Flavor::Final), error(ErrorCode::MessageExceedMaxChars1024));
    }

    #[test]
    fn internal_errors_are_masked() {
        let error = RestError::from(Error::Internal);
        let code = ErrorCode::InternalServerError;
        assert_eq!(error, RestError::Code(StatusCode::INTERNAL_SERVER_ERROR, code));
    }
}
