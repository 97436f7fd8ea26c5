//! Users: a short form of any user, and the viewer's profile.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Rest,
    error::{BodyErrors, CommonErrors, EmptyObject, ErrorCodes, RestError},
    request::{Authenticated, PathParams, text_or_none},
};
use crate::domain::User;

/// A user in short form.
#[derive(Serialize, ToSchema)]
pub struct UserBody {
    uuid: Uuid,
    #[schema(example = "andrewbrown")]
    handle: String,
    #[schema(example = "Andrew Brown")]
    display_name: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self { uuid: user.uuid, handle: user.handle, display_name: user.display_name }
    }
}

/// The viewer's new profile.
#[derive(Deserialize, ToSchema)]
pub struct ProfileUpdateBody {
    /// Each run of white space becomes one space. Bidirectional controls and invisible characters are
    /// not allowed, and at least one character must be visible.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(
        value_type = String,
        required = true,
        min_length = 1,
        max_length = 64,
        pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]*$",
        example = "Andrew Brown"
    )]
    display_name: Option<String>,
    /// Null or a missing key removes the current bio.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(
        required = false,
        max_length = 1024,
        pattern = "^[^\\x00]*$",
        example = "Cloud is very fun!"
    )]
    bio: Option<String>,
}

/// A user in short form
#[utoipa::path(
    get,
    path = "/users/@{handle}/short",
    tag = "users",
    params(("handle" = String, Path, description = "The user's handle, case-sensitive.",
        example = "worf")),
    responses(
        (status = 200, description = "The user.", body = UserBody),
        (status = 404, description = "No user has this handle.", body = EmptyObject),
        (status = 422, description = "The handle is blank.", body = ErrorCodes,
            example = json!(["blank_user_handle"])),
        CommonErrors,
    )
)]
pub async fn show_user(
    State(rest): State<Rest>,
    PathParams(handle): PathParams<String>,
) -> Result<Json<UserBody>, RestError> {
    let user = rest.service.user_by_handle(&handle).await?;
    Ok(Json(user.ok_or(RestError::Empty(StatusCode::NOT_FOUND))?.into()))
}

/// Changes the viewer's display name and bio
#[utoipa::path(
    put,
    path = "/profile/update",
    tag = "users",
    request_body(content = ProfileUpdateBody,
        example = json!({"display_name": "Andrew Brown", "bio": "Cloud is very fun!"})),
    responses(
        (status = 200, description = "The viewer with the new profile.", body = UserBody),
        (status = 422, description = "In this order: `cognito_user_id_blank` if the viewer is \
            unregistered, `display_name_blank`, `display_name_invalid`, `bio_invalid`.",
            body = ErrorCodes, example = json!(["display_name_blank"])),
        BodyErrors,
        CommonErrors,
    )
)]
pub async fn update_profile(
    State(rest): State<Rest>,
    request: Authenticated<ProfileUpdateBody>,
) -> Result<Json<UserBody>, RestError> {
    let (display_name, bio) = (request.body.display_name.as_deref(), request.body.bio.as_deref());
    let user = rest.service.update_profile(request.viewer, display_name, bio).await?;
    Ok(Json(user.into()))
}

/// Changes the viewer's display name and bio, as `PUT` does
#[utoipa::path(
    post,
    path = "/profile/update",
    tag = "users",
    request_body(content = ProfileUpdateBody,
        example = json!({"display_name": "Andrew Brown", "bio": "Cloud is very fun!"})),
    responses(
        (status = 200, description = "The viewer with the new profile.", body = UserBody),
        (status = 422, description = "In this order: `cognito_user_id_blank` if the viewer is \
            unregistered, `display_name_blank`, `display_name_invalid`, `bio_invalid`.",
            body = ErrorCodes, example = json!(["display_name_blank"])),
        BodyErrors,
        CommonErrors,
    )
)]
pub async fn post_profile(
    rest: State<Rest>,
    request: Authenticated<ProfileUpdateBody>,
) -> Result<Json<UserBody>, RestError> {
    update_profile(rest, request).await
}
