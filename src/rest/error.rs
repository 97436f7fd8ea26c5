//! A failure as both frontends expect it: an array of one code, or an empty object.

use axum::{
    Json,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use super::Flavor;
use crate::error::{Error, UserErrorCode};

/// For how many seconds a client should wait when the service cannot answer.
const RETRY_SECONDS: u32 = 5;

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
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
    TtlBlank,
    UnsupportedMediaType,
    UserNotFound,
    /// Spelled as the original spells it.
    UserRecieverHandleBlank,
}

impl From<UserErrorCode> for Code {
    fn from(rule: UserErrorCode) -> Self {
        match rule {
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

/// The body of a failure: exactly one code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(min_items = 1, max_items = 1)]
pub struct Codes(Vec<Code>);

/// An object without keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct Nothing {}

/// Why there is no answer but this.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// The status with an array of the code.
    Code(StatusCode, Code),
    /// The status with `{}`.
    Nothing(StatusCode),
}

impl Failure {
    pub const NOT_FOUND: Self = Self::Code(StatusCode::NOT_FOUND, Code::NotFound);

    /// The failure of a reply or message, whose limit the final backend names in its code.
    pub fn of_long_text(flavor: Flavor) -> impl Fn(Error) -> Self {
        move |error| match error {
            Error::User(UserErrorCode::MessageTooLong) => {
                Self::Code(StatusCode::UNPROCESSABLE_ENTITY, flavor.too_long())
            }
            error => error.into(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::User(rule) => Self::Code(StatusCode::UNPROCESSABLE_ENTITY, rule.into()),
            // A cursor is the only input of a REST route that can be malformed.
            Error::BadInput(_) => Self::Code(StatusCode::UNPROCESSABLE_ENTITY, Code::CursorInvalid),
            Error::Unauthenticated => Self::Nothing(StatusCode::UNAUTHORIZED),
            Error::Unavailable => {
                Self::Code(StatusCode::SERVICE_UNAVAILABLE, Code::ServiceUnavailable)
            }
            Error::Internal => {
                Self::Code(StatusCode::INTERNAL_SERVER_ERROR, Code::InternalServerError)
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Code(StatusCode::SERVICE_UNAVAILABLE, code) => {
                let retry = [(RETRY_AFTER, RETRY_SECONDS.to_string())];
                (StatusCode::SERVICE_UNAVAILABLE, retry, Json(Codes(vec![code]))).into_response()
            }
            Self::Code(status, code) => (status, Json(Codes(vec![code]))).into_response(),
            Self::Nothing(status) => (status, Json(Nothing {})).into_response(),
        }
    }
}

/// The failures that every route can answer, for the OpenAPI document.
#[expect(dead_code, reason = "it documents what `Failure` answers")]
#[derive(IntoResponses)]
pub enum AnyFailure {
    /// A defect of the service.
    #[response(status = 500, example = json!(["internal_server_error"]))]
    Internal(Codes),
    /// The service is busy or starting: try again after the seconds in `Retry-After`.
    #[response(
        status = 503,
        example = json!(["service_unavailable"]),
        headers(("retry-after" = u32, description = "How many seconds to wait."))
    )]
    Unavailable(Codes),
}

/// The failures that every route with a body can answer besides, for the OpenAPI document.
#[expect(dead_code, reason = "it documents what `Failure` answers")]
#[derive(IntoResponses)]
pub enum BodyFailure {
    /// The body is no JSON.
    #[response(status = 400, example = json!(["bad_request"]))]
    BadRequest(Codes),
    /// Nobody is signed in. This is answered before the body is looked at.
    #[response(status = 401, example = json!({}))]
    Unauthenticated(Nothing),
    /// The body is too large.
    #[response(status = 413, example = json!(["payload_too_large"]))]
    TooLarge(Codes),
    /// The body is not said to be application/json.
    #[response(status = 415, example = json!(["unsupported_media_type"]))]
    UnsupportedMediaType(Codes),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_service_says_when_to_come_back() {
        let response = Failure::from(Error::Unavailable).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
    }

    #[test]
    fn a_code_is_written_as_the_originals_write_it() {
        let written = |code| serde_json::to_string(&Codes(vec![code])).unwrap();
        assert_eq!(
            written(UserErrorCode::RecipientNotFound.into()),
            r#"["user_reciever_handle_blank"]"#
        );
        assert_eq!(
            written(Code::MessageExceedMaxChars1024),
            r#"["message_exceed_max_chars_1024"]"#
        );
    }

    #[test]
    fn only_the_final_backend_names_the_limit_of_long_texts() {
        let code = |flavor| Failure::of_long_text(flavor)(UserErrorCode::MessageTooLong.into());
        let failure = |code| Failure::Code(StatusCode::UNPROCESSABLE_ENTITY, code);
        assert_eq!(code(Flavor::Openapi), failure(Code::MessageExceedMaxChars));
        assert_eq!(code(Flavor::Final), failure(Code::MessageExceedMaxChars1024));
    }

    #[test]
    fn what_goes_wrong_inside_stays_inside() {
        let failure = Failure::from(Error::Internal);
        let code = Code::InternalServerError;
        assert_eq!(failure, Failure::Code(StatusCode::INTERNAL_SERVER_ERROR, code));
    }
}
