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
    error::{AnyFailure, Codes, Failure, Nothing},
    request::{After, Query, Segments},
};
use crate::{
    domain::{Activity, Page, Viewer},
    error::Error,
};

/// A page of activities, and the `Link` to the next one.
type Feed = (HeaderMap, Json<Vec<ActivityBody>>);

/// What a user has posted: two shapes, of which a setting chooses one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum UserFeedBody {
    /// With `--rest openapi`.
    Activities(Vec<ActivityBody>),
    /// With `--rest final`.
    Profile(ProfileFeedBody),
}

/// A user with what they have posted.
#[derive(Serialize, ToSchema)]
pub struct ProfileFeedBody {
    profile: ProfileBody,
    activities: Vec<ActivityBody>,
}

/// A user as their page shows them.
#[derive(Serialize, ToSchema)]
pub struct ProfileBody {
    uuid: Uuid,
    #[schema(example = "andrewbrown")]
    handle: String,
    #[schema(example = "Andrew Brown")]
    display_name: String,
    /// Null when never written.
    bio: Option<String>,
    /// How many cruds there are to see.
    cruds_count: i64,
    /// The key of the user's picture.
    #[schema(example = "f73f4b05-a59e-468b-8a29-a1c39e7a2222")]
    cognito_user_uuid: String,
}

/// The newest cruds of everybody
#[utoipa::path(
    get,
    path = "/activities/home",
    tag = "feeds",
    params(After),
    responses(
        (status = 200, description = "At most 100 cruds, newest first.", body = [ActivityBody],
            headers(("link" = String, description = "The next page, where there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 422, description = "The cursor is none.", body = Codes,
            example = json!(["cursor_invalid"])),
        AnyFailure,
    )
)]
pub async fn home(State(rest): State<Rest>, query: Query) -> Result<Feed, Failure> {
    let slice = rest.service.home(&query.page_forward()?).await?.value;
    Ok(feed(&rest, &query, slice).await?)
}

/// The activities that the viewer's notifications are about
///
/// A reply is shown with the crud its thread began with. Nobody's notifications are for others to
/// see: a viewer who is no user gets the newest cruds that have replies.
#[utoipa::path(
    get,
    path = "/activities/notifications",
    tag = "feeds",
    responses(
        (status = 200, description = "At most 100 activities, the latest notification first.",
            body = [ActivityBody]),
        AnyFailure,
    )
)]
pub async fn notifications(
    State(rest): State<Rest>,
    viewer: Viewer,
) -> Result<Json<Vec<ActivityBody>>, Failure> {
    let activities = rest.service.notified_activities(viewer).await?;
    Ok(Json(ActivityBody::list(&rest.service, activities).await?))
}

/// Cruds and replies that have all words of a term
///
/// A term of white space finds the newest cruds. `#hashtag` finds the hashtag alone.
#[utoipa::path(
    get,
    path = "/activities/search",
    tag = "feeds",
    params(
        ("term" = String, Query, description = "The words.", min_length = 1, max_length = 280,
            example = "cloud"),
        After,
    ),
    responses(
        (status = 200, description = "At most 100 activities, newest first.", body = [ActivityBody],
            headers(("link" = String, description = "The next page, where there is one: \
                `<?term=TERM&after=CURSOR>; rel=\"next\"`."))),
        (status = 422, description = "`search_term_blank`, `search_term_exceed_max_chars`, or \
            `cursor_invalid`.", body = Codes, example = json!(["search_term_blank"])),
        AnyFailure,
    )
)]
pub async fn search(State(rest): State<Rest>, query: Query) -> Result<Feed, Failure> {
    let page = query.page_forward()?;
    let slice = rest.service.search_activities(query.first("term"), &page).await?;
    Ok(feed(&rest, &query, slice).await?)
}

/// What a user has posted
#[utoipa::path(
    get,
    path = "/activities/@{handle}",
    tag = "feeds",
    params(
        ("handle" = String, Path, description = "The user's handle; case matters.",
            example = "andrewbrown"),
        After,
    ),
    responses(
        (status = 200, description = "At most 100 cruds, newest first: an array, empty where nobody \
            has the handle, or with `--rest final` an object with the profile.",
            body = UserFeedBody,
            headers(("link" = String, description = "The next page, where there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 404, description = "Nobody has the handle (`--rest final`).", body = Nothing),
        (status = 422, description = "`cursor_invalid` or `blank_user_handle`.", body = Codes,
            example = json!(["cursor_invalid"])),
        AnyFailure,
    )
)]
pub async fn user_feed(
    State(rest): State<Rest>,
    Segments(handle): Segments<String>,
    query: Query,
) -> Result<(HeaderMap, Json<UserFeedBody>), Failure> {
    let page = query.page_forward()?;
    let user = rest.service.user_by_handle(&handle).await?;
    let Some(user) = user else {
        return match rest.flavor {
            Flavor::Openapi => Ok((HeaderMap::new(), Json(UserFeedBody::Activities(Vec::new())))),
            Flavor::Final => Err(Failure::Nothing(StatusCode::NOT_FOUND)),
        };
    };
    let slices = rest.service.activities_by_users(&[user.uuid], &page).await?;
    let slice = slices.into_iter().next().unwrap_or_else(Page::empty);
    let (headers, Json(activities)) = feed(&rest, &query, slice).await?;
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

async fn feed(rest: &Rest, query: &Query, slice: Page<Activity>) -> Result<Feed, Error> {
    let next = slice.items.last().filter(|_| slice.has_next).map(|(cursor, _)| *cursor);
    let bodies = ActivityBody::list(&rest.service, slice.into_nodes()).await?;
    Ok((query.link_next(next), Json(bodies)))
}
