//! Feeds: lists of activities, newest first, with their latest replies.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Flavor, Rest,
    activities::ActivityBody,
    error::{CommonErrors, EmptyObject, ErrorCodes, RestError},
    request::{AfterParam, PathParams, QueryParams},
};
use crate::{
    domain::{Activity, Page, Viewer},
    error::Error,
};

/// A page of activities, and the `Link` header for the next one.
type Feed = (HeaderMap, Json<Vec<ActivityBody>>);

/// A user's cruds, in one of two shapes. `--rest` decides which.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum UserFeedBody {
    /// With `--rest openapi`.
    Activities(Vec<ActivityBody>),
    /// With `--rest final`.
    Profile(ProfileFeedBody),
}

/// A user and their cruds.
#[derive(Serialize, ToSchema)]
pub struct ProfileFeedBody {
    profile: ProfileBody,
    activities: Vec<ActivityBody>,
}

/// A user's profile.
#[derive(Serialize, ToSchema)]
pub struct ProfileBody {
    uuid: Uuid,
    #[schema(example = "andrewbrown")]
    handle: String,
    #[schema(example = "Andrew Brown")]
    display_name: String,
    /// Null if the user has no bio.
    bio: Option<String>,
    /// The number of visible cruds, without replies.
    cruds_count: i64,
    /// The `sub` of the user's tokens, which is also the key of their avatar image.
    #[schema(example = "f73f4b05-a59e-468b-8a29-a1c39e7a2222")]
    cognito_user_uuid: String,
}

/// The newest cruds of all users
#[utoipa::path(
    get,
    path = "/activities/home",
    tag = "feeds",
    params(AfterParam),
    responses(
        (status = 200, description = "At most 100 cruds, newest first.", body = [ActivityBody],
            headers(("link" = String, description = "The next page, if there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 422, description = "Invalid cursor.", body = ErrorCodes,
            example = json!(["cursor_invalid"])),
        CommonErrors,
    )
)]
pub async fn home(State(rest): State<Rest>, query: QueryParams) -> Result<Feed, RestError> {
    let page = rest.service.home(&query.forward_pagination()?).await?.value;
    Ok(feed(&rest, &query, page).await?)
}

/// The activities that the viewer's notifications are about
///
/// In place of a reply, the list has the crud that its thread began with. Anonymous and
/// unregistered viewers have no notifications: they get the newest cruds that have replies.
#[utoipa::path(
    get,
    path = "/activities/notifications",
    tag = "feeds",
    responses(
        (status = 200, description = "At most 100 activities, the one with the latest \
            notification first.", body = [ActivityBody]),
        CommonErrors,
    )
)]
pub async fn notifications(
    State(rest): State<Rest>,
    viewer: Viewer,
) -> Result<Json<Vec<ActivityBody>>, RestError> {
    let activities = rest.service.notified_activities(viewer).await?;
    Ok(Json(ActivityBody::list(&rest.service, activities).await?))
}

/// Cruds and replies that contain every word of a search term
///
/// A term of nothing but white space returns the newest cruds. `#hashtag` matches the hashtag only,
/// not the plain word.
#[utoipa::path(
    get,
    path = "/activities/search",
    tag = "feeds",
    params(
        ("term" = String, Query, description = "The words to search for.",
            min_length = 1, max_length = 280, example = "cloud"),
        AfterParam,
    ),
    responses(
        (status = 200, description = "At most 100 activities, newest first.", body = [ActivityBody],
            headers(("link" = String, description = "The next page, if there is one: \
                `<?term=TERM&after=CURSOR>; rel=\"next\"`."))),
        (status = 422, description = "`search_term_blank`, `search_term_exceed_max_chars`, or \
            `cursor_invalid`.", body = ErrorCodes, example = json!(["search_term_blank"])),
        CommonErrors,
    )
)]
pub async fn search(State(rest): State<Rest>, query: QueryParams) -> Result<Feed, RestError> {
    let pagination = query.forward_pagination()?;
    let page = rest.service.search_activities(query.first("term"), &pagination).await?;
    Ok(feed(&rest, &query, page).await?)
}

/// The cruds of a user
#[utoipa::path(
    get,
    path = "/activities/@{handle}",
    tag = "feeds",
    params(
        ("handle" = String, Path, description = "The user's handle, case-sensitive.",
            example = "andrewbrown"),
        AfterParam,
    ),
    responses(
        (status = 200, description = "At most 100 cruds, newest first, as an array that is empty \
            if the handle is unknown. With `--rest final`: an object that also has the profile.",
            body = UserFeedBody,
            headers(("link" = String, description = "The next page, if there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 404, description = "No user has this handle (`--rest final` only).",
            body = EmptyObject),
        (status = 422, description = "`cursor_invalid` or `blank_user_handle`.", body = ErrorCodes,
            example = json!(["cursor_invalid"])),
        CommonErrors,
    )
)]
pub async fn user_feed(
    State(rest): State<Rest>,
    PathParams(handle): PathParams<String>,
    query: QueryParams,
) -> Result<(HeaderMap, Json<UserFeedBody>), RestError> {
    let pagination = query.forward_pagination()?;
    let user = rest.service.user_by_handle(&handle).await?;
    let Some(user) = user else {
        return match rest.flavor {
            Flavor::Openapi => Ok((HeaderMap::new(), Json(UserFeedBody::Activities(Vec::new())))),
            Flavor::Final => Err(RestError::Empty(StatusCode::NOT_FOUND)),
        };
    };
    let pages = rest.service.activities_by_users(&[user.uuid], &pagination).await?;
    let page = pages.into_iter().next().unwrap_or_else(Page::empty);
    let (headers, Json(activities)) = feed(&rest, &query, page).await?;
    let body = match rest.flavor {
        Flavor::Openapi => UserFeedBody::Activities(activities),
        Flavor::Final => {
            let counts = rest.service.counts_by_users(&[user.uuid]).await?;
            UserFeedBody::Profile(ProfileFeedBody {
                profile: ProfileBody {
                    uuid: user.uuid,
                    handle: user.handle,
                    display_name: user.display_name,
                    bio: user.bio,
                    cruds_count: counts.first().map(|counts| counts.activities).unwrap_or_default(),
                    cognito_user_uuid: user.cognito_user_id,
                },
                activities,
            })
        }
    };
    Ok((headers, Json(body)))
}

async fn feed(rest: &Rest, query: &QueryParams, page: Page<Activity>) -> Result<Feed, Error> {
    let link = query.link_next(page.next_cursor());
    let bodies = ActivityBody::list(&rest.service, page.into_nodes()).await?;
    Ok((link, Json(bodies)))
}
