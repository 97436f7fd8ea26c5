//! Activities: routes for single cruds and replies, and the response body that all routes share.

use axum::{Json, extract::State, http::StatusCode};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Rest,
    error::{BodyErrors, CommonErrors, EmptyObject, ErrorCode, ErrorCodes, RestError},
    request::{Authenticated, IdempotencyKeyHeader, PathParams, text_or_none},
};
use crate::{
    domain::{Activity, Pagination, Timestamp, User},
    error::Error,
    service::Service,
};

/// A crud or a reply.
#[derive(Clone, Serialize, ToSchema)]
pub struct ActivityBody {
    uuid: Uuid,
    /// The author's display name.
    #[schema(example = "Andrew Brown")]
    display_name: String,
    /// The author's handle.
    #[schema(example = "andrewbrown")]
    handle: String,
    #[schema(example = "Cloud is very fun!")]
    message: String,
    #[serde(serialize_with = "microseconds")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-01T12:00:00.000000+00:00")]
    created_at: Timestamp,
    /// When the crud disappears. Null for a reply: it disappears with the crud that its thread
    /// began with.
    #[serde(serialize_with = "maybe_microseconds")]
    #[schema(
        value_type = Option<String>,
        format = DateTime,
        example = "2026-01-08T12:00:00.000000+00:00"
    )]
    expires_at: Option<Timestamp>,
    likes_count: i32,
    replies_count: i32,
    reposts_count: i32,
    /// The activity that this one replies to. Null for a crud.
    reply_to_activity_uuid: Option<Uuid>,
    /// The latest direct replies, newest first, at most 100. The replies in this list have an empty
    /// `replies` of their own.
    #[schema(no_recursion, max_items = 100)]
    replies: Vec<ActivityBody>,
}

/// An activity and its replies, side by side.
#[derive(Serialize, ToSchema)]
pub struct StatusBody {
    activity: ActivityBody,
    /// The latest direct replies, newest first, at most 100.
    #[schema(max_items = 100)]
    replies: Vec<ActivityBody>,
}

impl ActivityBody {
    fn new(activity: Activity, author: &User) -> Self {
        Self {
            uuid: activity.uuid,
            display_name: author.display_name.clone(),
            handle: author.handle.clone(),
            message: activity.message,
            created_at: activity.created_at,
            expires_at: activity.expires_at,
            likes_count: activity.likes_count,
            replies_count: activity.replies_count,
            reposts_count: activity.reposts_count,
            reply_to_activity_uuid: activity.reply_to_activity_uuid,
            replies: Vec::new(),
        }
    }

    /// Returns the bodies of activities in their order, with replies and authors. Replies and
    /// authors take one look-up each, however many activities there are.
    pub async fn list(service: &Service, activities: Vec<Activity>) -> Result<Vec<Self>, Error> {
        if activities.is_empty() {
            return Ok(Vec::new());
        }
        let uuids: Vec<_> = activities.iter().map(|activity| activity.uuid).collect();
        let replies =
            service.replies_by_parents(&uuids, &Pagination::last(Pagination::MAX)).await?;
        let authors: Vec<_> = activities
            .iter()
            .chain(replies.iter().flat_map(|page| page.nodes()))
            .map(|activity| activity.user_uuid)
            .collect();
        let authors = service.users_map(&authors).await?;
        let body = |activity: Activity| {
            let author = authors.get(&activity.user_uuid)?;
            Some(Self::new(activity, author))
        };
        let bodies = activities.into_iter().zip(replies).filter_map(|(activity, replies)| {
            let replies = replies.into_nodes().into_iter().rev().filter_map(body).collect();
            Some(Self { replies, ..body(activity)? })
        });
        Ok(bodies.collect())
    }

    /// Returns the body of the activity that a request has created.
    ///
    /// An idempotency key can stand for an activity of an earlier request, which may have replies.
    /// Without a key the activity is new, so only its author is looked up.
    async fn created(
        service: &Service,
        activity: Activity,
        idempotency_key: Option<&str>,
    ) -> Result<Self, Error> {
        let body = if idempotency_key.is_some() {
            Self::list(service, vec![activity]).await?.pop()
        } else {
            let author = service.user_by_uuid(activity.user_uuid).await?;
            author.map(|author| Self::new(activity, &author))
        };
        body.ok_or_else(|| {
            tracing::error!("author of a created activity not found");
            Error::Internal
        })
    }

    /// Returns the body of the activity with a uuid, or `None` if there is no such activity.
    async fn by_uuid(service: &Service, uuid: &str) -> Result<Option<Self>, Error> {
        let Ok(uuid) = Uuid::parse_str(uuid) else { return Ok(None) };
        let activities = service.activities_by_uuids(&[uuid]).await?;
        Ok(Self::list(service, activities).await?.pop())
    }
}

/// Writes a timestamp with six fractional digits and `+00:00`, a form that both frontends can read.
pub fn microseconds<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, false))
}

fn maybe_microseconds<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => microseconds(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// A crud to post.
#[derive(Deserialize, ToSchema)]
pub struct ActivityCreateBody {
    /// The length is counted in Unicode characters.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(
        value_type = String,
        required = true,
        min_length = 1,
        max_length = 280,
        pattern = "^[^\\x00]*$",
        example = "Cloud is very fun!"
    )]
    message: Option<String>,
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(value_type = TtlWord, required = true)]
    ttl: Option<String>,
}

/// How long a crud is visible.
#[expect(dead_code, reason = "it only documents the texts that the service accepts")]
#[derive(ToSchema)]
#[schema(example = "7-days")]
pub enum TtlWord {
    #[schema(rename = "1-hour")]
    OneHour,
    #[schema(rename = "3-hours")]
    ThreeHours,
    #[schema(rename = "12-hours")]
    TwelveHours,
    #[schema(rename = "1-day")]
    OneDay,
    #[schema(rename = "3-days")]
    ThreeDays,
    #[schema(rename = "7-days")]
    SevenDays,
    #[schema(rename = "30-days")]
    ThirtyDays,
}

/// A reply to post.
#[derive(Deserialize, ToSchema)]
pub struct ReplyCreateBody {
    /// The length is counted in Unicode characters.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(
        value_type = String,
        required = true,
        min_length = 1,
        max_length = 1024,
        pattern = "^[^\\x00]*$",
        example = "This post has no honor!"
    )]
    message: Option<String>,
}

/// An activity, in an array of one
#[utoipa::path(
    get,
    path = "/activities/{uuid}",
    tag = "activities",
    params(("uuid" = Uuid, Path, description = "The activity.",
        example = "68f126b0-1ceb-4a33-88be-d90fa7109eee")),
    responses(
        (status = 200, description = "The activity.", body = [ActivityBody]),
        (status = 404, description = "The activity does not exist or has expired.",
            body = ErrorCodes, example = json!(["activity_not_found"])),
        CommonErrors,
    )
)]
pub async fn show_activity(
    State(rest): State<Rest>,
    PathParams(uuid): PathParams<String>,
) -> Result<Json<[ActivityBody; 1]>, RestError> {
    let activity = ActivityBody::by_uuid(&rest.service, &uuid).await?;
    let not_found = RestError::Code(StatusCode::NOT_FOUND, ErrorCode::ActivityNotFound);
    Ok(Json([activity.ok_or(not_found)?]))
}

/// An activity and its replies, side by side
#[utoipa::path(
    get,
    path = "/activities/@{handle}/status/{uuid}",
    tag = "activities",
    params(
        ("handle" = String, Path, description = "Ignored; only the uuid selects the activity.",
            example = "andrewbrown"),
        ("uuid" = Uuid, Path, description = "The activity.",
            example = "68f126b0-1ceb-4a33-88be-d90fa7109eee"),
    ),
    responses(
        (status = 200, description = "The activity and its replies.", body = StatusBody),
        (status = 404, description = "The activity does not exist or has expired.",
            body = EmptyObject),
        CommonErrors,
    )
)]
pub async fn show_status(
    State(rest): State<Rest>,
    parameters: PathParams<(String, String)>,
) -> Result<Json<StatusBody>, RestError> {
    let PathParams((_, uuid)) = parameters;
    let activity = ActivityBody::by_uuid(&rest.service, &uuid).await?;
    let activity = activity.ok_or(RestError::Empty(StatusCode::NOT_FOUND))?;
    Ok(Json(StatusBody { replies: activity.replies.clone(), activity }))
}

/// Posts a crud
#[utoipa::path(
    post,
    path = "/activities",
    tag = "activities",
    params(IdempotencyKeyHeader),
    request_body(content = ActivityCreateBody,
        example = json!({"message": "Cloud is very fun!", "ttl": "7-days"})),
    responses(
        (status = 200, description = "The crud.", body = ActivityBody),
        (status = 422, description = "In this order: `message_blank`, \
            `message_exceed_max_chars`, `cognito_user_id_blank` if the viewer is unregistered, \
            `ttl_blank`, `idempotency_key_invalid`, `idempotency_key_reused` with another body.",
            body = ErrorCodes, example = json!(["message_blank"])),
        BodyErrors,
        CommonErrors,
    )
)]
pub async fn create_activity(
    State(rest): State<Rest>,
    request: Authenticated<ActivityCreateBody>,
) -> Result<Json<ActivityBody>, RestError> {
    let (message, ttl) = (request.body.message.as_deref(), request.body.ttl.as_deref());
    let key = request.idempotency_key.as_deref();
    let activity = rest.service.create_activity(request.viewer, message, ttl, key).await?;
    Ok(Json(ActivityBody::created(&rest.service, activity, key).await?))
}

/// Replies to an activity
#[utoipa::path(
    post,
    path = "/activities/{uuid}/reply",
    tag = "activities",
    params(
        ("uuid" = Uuid, Path, description = "The activity to reply to: a crud or a reply.",
            example = "68f126b0-1ceb-4a33-88be-d90fa7109eee"),
        IdempotencyKeyHeader,
    ),
    request_body(content = ReplyCreateBody,
        example = json!({"message": "This post has no honor!"})),
    responses(
        (status = 200, description = "The reply.", body = ActivityBody),
        (status = 422, description = "In this order: `message_blank`, \
            `message_exceed_max_chars` (`--rest final`: `message_exceed_max_chars_1024`), \
            `cognito_user_id_blank` if the viewer is unregistered, `activity_uuid_blank` if the \
            activity does not exist, `thread_too_deep` if the activity is 100 levels below the crud \
            that began its thread, `idempotency_key_invalid`, `idempotency_key_reused` with another \
            body.", body = ErrorCodes, example = json!(["message_blank"])),
        BodyErrors,
        CommonErrors,
    )
)]
pub async fn create_reply(
    State(rest): State<Rest>,
    PathParams(uuid): PathParams<String>,
    request: Authenticated<ReplyCreateBody>,
) -> Result<Json<ActivityBody>, RestError> {
    let (message, key) = (request.body.message.as_deref(), request.idempotency_key.as_deref());
    let parent = Uuid::parse_str(&uuid).ok();
    let reply = rest.service.create_reply(request.viewer, parent, message, key).await;
    let reply = reply.map_err(RestError::for_long_text(rest.flavor))?;
    Ok(Json(ActivityBody::created(&rest.service, reply, key).await?))
}
