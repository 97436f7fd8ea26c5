//! Users: who somebody is in short, and the viewer's own profile.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Rest,
    error::{AnyFailure, BodyFailure, Codes, Failure, Nothing},
    request::{Segments, Writing},
};
use crate::domain::User;

/// A user in short.
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

/// What to change about oneself.
#[expect(dead_code, reason = "it documents what is read as `Fields`")]
#[derive(ToSchema)]
pub struct ProfileUpdateBody {
    #[schema(min_length = 1, max_length = 64, pattern = "^[^\\x00]*$", example = "Andrew Brown")]
    display_name: String,
    /// Null or missing takes the present bio away.
    #[schema(
        required = false,
        max_length = 1024,
        pattern = "^[^\\x00]*$",
        example = "Cloud is very fun!"
    )]
    bio: Option<String>,
}

/// A user in short
#[utoipa::path(
    get,
    path = "/users/@{handle}/short",
    tag = "users",
    params(("handle" = String, Path, description = "The handle; case matters.", example = "worf")),
    responses(
        (status = 200, description = "The user.", body = UserBody),
        (status = 404, description = "Nobody has the handle.", body = Nothing),
        (status = 422, description = "The handle is blank.", body = Codes,
            example = json!(["blank_user_handle"])),
        AnyFailure,
    )
)]
pub async fn show_user(
    State(rest): State<Rest>,
    Segments(handle): Segments<String>,
) -> Result<Json<UserBody>, Failure> {
    let user = rest.service.user_by_handle(&handle).await?;
    Ok(Json(user.ok_or(Failure::Nothing(StatusCode::NOT_FOUND))?.into()))
}

/// Changes the viewer's display name and bio
#[utoipa::path(
    put,
    path = "/profile/update",
    tag = "users",
    request_body(content = ProfileUpdateBody,
        example = json!({"display_name": "Andrew Brown", "bio": "Cloud is very fun!"})),
    responses(
        (status = 200, description = "The viewer as they are now.", body = UserBody),
        (status = 422, description = "In this order: `cognito_user_id_blank` for a viewer who is \
            no user, `display_name_blank`, `display_name_invalid`, `bio_invalid`.", body = Codes,
            example = json!(["display_name_blank"])),
        BodyFailure,
        AnyFailure,
    )
)]
pub async fn update_profile(
    State(rest): State<Rest>,
    writing: Writing,
) -> Result<Json<UserBody>, Failure> {
    let fields = &writing.fields;
    let (display_name, bio) = (fields.text("display_name"), fields.text("bio"));
    let user = rest.service.update_profile(writing.viewer, display_name, bio).await?;
    Ok(Json(user.into()))
}

/// Changes the viewer's display name and bio, as PUT does
#[utoipa::path(
    post,
    path = "/profile/update",
    tag = "users",
    request_body(content = ProfileUpdateBody,
        example = json!({"display_name": "Andrew Brown", "bio": "Cloud is very fun!"})),
    responses(
        (status = 200, description = "The viewer as they are now.", body = UserBody),
        (status = 422, description = "In this order: `cognito_user_id_blank` for a viewer who is \
            no user, `display_name_blank`, `display_name_invalid`, `bio_invalid`.", body = Codes,
            example = json!(["display_name_blank"])),
        BodyFailure,
        AnyFailure,
    )
)]
pub async fn post_profile(rest: State<Rest>, writing: Writing) -> Result<Json<UserBody>, Failure> {
    update_profile(rest, writing).await
}
