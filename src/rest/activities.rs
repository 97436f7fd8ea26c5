//! Activities: cruds and replies, one at a time, and the body in which every route shows them.

use std::collections::HashMap;

use axum::{Json, extract::State, http::StatusCode};
use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Rest,
    error::{AnyFailure, BodyFailure, Code, Codes, Failure, Nothing},
    request::{IdempotencyKey, Segments, Writing},
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
    /// The author's name to show.
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
    /// When it disappears. Null for a reply, which lives as long as its thread's first crud.
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
    /// What it replies to. Null for a crud.
    reply_to_activity_uuid: Option<Uuid>,
    /// The latest direct replies, newest first, at most 100. Replies inside of this list show none.
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

    /// The bodies of activities in their order, with replies and authors: two look-ups for all.
    pub async fn list(service: &Service, activities: Vec<Activity>) -> Result<Vec<Self>, Error> {
        if activities.is_empty() {
            return Ok(Vec::new());
        }
        let uuids: Vec<_> = activities.iter().map(|activity| activity.uuid).collect();
        let replies =
            service.replies_by_parents(&uuids, &Pagination::last(Pagination::MAX)).await?;
        let mut authors: Vec<_> = activities
            .iter()
            .chain(replies.iter().flat_map(|page| page.nodes()))
            .map(|activity| activity.user_uuid)
            .collect();
        authors.sort_unstable();
        authors.dedup();
        let authors = service.users_by_uuids(&authors).await?;
        let authors: HashMap<_, _> = authors.into_iter().map(|user| (user.uuid, user)).collect();
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

    /// The body of an activity that has just been written.
    async fn written(service: &Service, activity: Activity) -> Result<Self, Error> {
        Self::list(service, vec![activity]).await?.pop().ok_or_else(|| {
            tracing::error!("an activity has lost its author as soon as it was written");
            Error::Internal
        })
    }

    /// The body of the activity with a uuid; none where there is none.
    async fn by_uuid(service: &Service, uuid: &str) -> Result<Option<Self>, Error> {
        let Ok(uuid) = Uuid::parse_str(uuid) else { return Ok(None) };
        let activities = service.activities_by_uuids(&[uuid]).await?;
        Ok(Self::list(service, activities).await?.pop())
    }
}

/// Writes an instant with six digits and `+00:00`, the one form that suits both frontends.
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
#[expect(dead_code, reason = "it documents what is read as `Fields`")]
#[derive(ToSchema)]
pub struct ActivityCreateBody {
    /// Unicode characters are counted.
    #[schema(
        min_length = 1,
        max_length = 280,
        pattern = "^[^\\x00]*$",
        example = "Cloud is very fun!"
    )]
    message: String,
    ttl: TtlWord,
}

/// For how long a crud is shown.
#[expect(dead_code, reason = "it documents what is read as text")]
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
#[expect(dead_code, reason = "it documents what is read as `Fields`")]
#[derive(ToSchema)]
pub struct ReplyCreateBody {
    /// Unicode characters are counted.
    #[schema(
        min_length = 1,
        max_length = 1024,
        pattern = "^[^\\x00]*$",
        example = "This post has no honor!"
    )]
    message: String,
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
        (status = 404, description = "There is no such activity, or it has expired.", body = Codes,
            example = json!(["activity_not_found"])),
        AnyFailure,
    )
)]
pub async fn show_activity(
    State(rest): State<Rest>,
    Segments(uuid): Segments<String>,
) -> Result<Json<[ActivityBody; 1]>, Failure> {
    let activity = ActivityBody::by_uuid(&rest.service, &uuid).await?;
    let not_found = Failure::Code(StatusCode::NOT_FOUND, Code::ActivityNotFound);
    Ok(Json([activity.ok_or(not_found)?]))
}

/// An activity and its replies, side by side
#[utoipa::path(
    get,
    path = "/activities/@{handle}/status/{uuid}",
    tag = "activities",
    params(
        ("handle" = String, Path, description = "Anything: the uuid alone counts.",
            example = "andrewbrown"),
        ("uuid" = Uuid, Path, description = "The activity.",
            example = "68f126b0-1ceb-4a33-88be-d90fa7109eee"),
    ),
    responses(
        (status = 200, description = "The activity and its replies.", body = StatusBody),
        (status = 404, description = "There is no such activity, or it has expired.",
            body = Nothing),
        AnyFailure,
    )
)]
pub async fn show_status(
    State(rest): State<Rest>,
    segments: Segments<(String, String)>,
) -> Result<Json<StatusBody>, Failure> {
    let Segments((_, uuid)) = segments;
    let activity = ActivityBody::by_uuid(&rest.service, &uuid).await?;
    let activity = activity.ok_or(Failure::Nothing(StatusCode::NOT_FOUND))?;
    Ok(Json(StatusBody { replies: activity.replies.clone(), activity }))
}

/// Posts a crud
#[utoipa::path(
    post,
    path = "/activities",
    tag = "activities",
    params(IdempotencyKey),
    request_body(content = ActivityCreateBody,
        example = json!({"message": "Cloud is very fun!", "ttl": "7-days"})),
    responses(
        (status = 200, description = "The crud.", body = ActivityBody),
        (status = 422, description = "In this order: `message_blank`, \
            `message_exceed_max_chars`, `cognito_user_id_blank` for a viewer who is no user, \
            `ttl_blank`, `idempotency_key_invalid`, `idempotency_key_reused` with another body.",
            body = Codes, example = json!(["message_blank"])),
        BodyFailure,
        AnyFailure,
    )
)]
pub async fn create_activity(
    State(rest): State<Rest>,
    writing: Writing,
) -> Result<Json<ActivityBody>, Failure> {
    let (message, ttl) = (writing.fields.text("message"), writing.fields.text("ttl"));
    let key = writing.idempotency_key();
    let activity = rest.service.create_activity(writing.viewer, message, ttl, key).await?;
    Ok(Json(ActivityBody::written(&rest.service, activity).await?))
}

/// Replies to an activity
#[utoipa::path(
    post,
    path = "/activities/{uuid}/reply",
    tag = "activities",
    params(
        ("uuid" = Uuid, Path, description = "The activity, which may be a reply itself.",
            example = "68f126b0-1ceb-4a33-88be-d90fa7109eee"),
        IdempotencyKey,
    ),
    request_body(content = ReplyCreateBody, example = json!({"message": "This post has no honor!"})),
    responses(
        (status = 200, description = "The reply.", body = ActivityBody),
        (status = 422, description = "In this order: `message_blank`, \
            `message_exceed_max_chars` (`--rest final`: `message_exceed_max_chars_1024`), \
            `cognito_user_id_blank` for a viewer who is no user, `activity_uuid_blank` where there \
            is no such activity, `idempotency_key_invalid`, `idempotency_key_reused` with another \
            body.", body = Codes, example = json!(["message_blank"])),
        BodyFailure,
        AnyFailure,
    )
)]
pub async fn create_reply(
    State(rest): State<Rest>,
    Segments(uuid): Segments<String>,
    writing: Writing,
) -> Result<Json<ActivityBody>, Failure> {
    let (message, key) = (writing.fields.text("message"), writing.idempotency_key());
    let parent = Uuid::parse_str(&uuid).ok();
    let reply = rest.service.create_reply(writing.viewer, parent, message, key).await;
    let reply = reply.map_err(Failure::of_long_text(rest.flavor))?;
    Ok(Json(ActivityBody::written(&rest.service, reply).await?))
}
