//! Direct messages and the conversations that they make.

use std::collections::HashMap;

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Flavor, Rest,
    activities::microseconds,
    error::{AnyFailure, BodyFailure, Codes, Failure, Nothing},
    request::{After, Before, IdempotencyKey, Query, Segments, Writing},
};
use crate::{
    domain::{Message, Page, Timestamp, User, Viewer},
    error::Error,
    service::{Recipient, Service},
};

/// A conversation, named by the other person in it.
#[derive(Serialize, ToSchema)]
pub struct MessageGroupBody {
    uuid: Uuid,
    #[schema(example = "Worf")]
    display_name: String,
    #[schema(example = "worf")]
    handle: String,
    /// The last message.
    message: String,
    /// When the last message was sent.
    #[serde(serialize_with = "microseconds")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-01T12:00:00.000000+00:00")]
    created_at: Timestamp,
}

/// A direct message, with its sender.
#[derive(Serialize, ToSchema)]
pub struct MessageBody {
    /// The message's uuid; in the answer to a message that was sent to a `message_group_uuid`, the
    /// sender's.
    uuid: Uuid,
    #[schema(example = "Andrew Brown")]
    display_name: String,
    #[schema(example = "andrewbrown")]
    handle: String,
    #[schema(example = "Have you ever watched Babylon 5?")]
    message: String,
    #[serde(serialize_with = "microseconds")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-01T12:00:00.000000+00:00")]
    created_at: Timestamp,
    message_group_uuid: Uuid,
}

impl MessageBody {
    fn new(message: Message, sender: &User) -> Self {
        Self {
            uuid: message.uuid,
            display_name: sender.display_name.clone(),
            handle: sender.handle.clone(),
            message: message.message,
            created_at: message.created_at,
            message_group_uuid: message.group_uuid,
        }
    }
}

/// A direct message to send: to a conversation, or to a person.
#[expect(dead_code, reason = "it documents what is read as `Fields`")]
#[derive(ToSchema)]
pub struct MessageSendBody {
    /// Unicode characters are counted.
    #[schema(min_length = 1, max_length = 1024, pattern = "^[^\\x00]*$", example = "Hello!")]
    message: String,
    /// The conversation. Where it is given, no handle counts.
    message_group_uuid: Option<Uuid>,
    /// The handle of the person, with or without `@`. Not with `--rest final`.
    #[schema(example = "worf")]
    user_receiver_handle: Option<String>,
    /// The same under the final frontend's name.
    #[schema(example = "worf")]
    handle: Option<String>,
}

/// The viewer's conversations
#[utoipa::path(
    get,
    path = "/message_groups",
    tag = "messages",
    params(After),
    responses(
        (status = 200, description = "At most 100 conversations, the one with the newest message \
            first.", body = [MessageGroupBody],
            headers(("link" = String, description = "The next page, where there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 401, description = "Nobody is signed in.", body = Nothing),
        (status = 422, description = "The cursor is none.", body = Codes,
            example = json!(["cursor_invalid"])),
        AnyFailure,
    )
)]
pub async fn message_groups(
    State(rest): State<Rest>,
    viewer: Viewer,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<MessageGroupBody>>), Failure> {
    viewer.require_user()?;
    let slice = rest.service.message_groups(viewer, &query.page_forward()?).await?;
    let next = slice.items.last().filter(|_| slice.has_next).map(|(cursor, _)| *cursor);
    let others = users(&rest.service, slice.nodes().map(|group| group.other_uuid)).await?;
    let bodies = slice.into_nodes().into_iter().filter_map(|group| {
        let other = others.get(&group.other_uuid)?;
        Some(MessageGroupBody {
            uuid: group.uuid,
            display_name: other.display_name.clone(),
            handle: other.handle.clone(),
            message: group.last_message,
            created_at: group.last_message_at,
        })
    });
    Ok((query.link_next(next), Json(bodies.collect())))
}

/// The messages between the viewer and a person
#[utoipa::path(
    get,
    path = "/messages/@{handle}",
    tag = "messages",
    params(
        ("handle" = String, Path, description = "The person's handle; case matters.",
            example = "worf"),
        Before,
    ),
    responses(
        (status = 200, description = "The last 100 messages, oldest first; an empty array where \
            there are none.", body = [MessageBody],
            headers(("link" = String, description = "The page before, where there is one: \
                `<?before=CURSOR>; rel=\"prev\"`."))),
        (status = 401, description = "Nobody is signed in.", body = Nothing),
        (status = 422, description = "`cursor_invalid` or `blank_user_handle`.", body = Codes,
            example = json!(["cursor_invalid"])),
        AnyFailure,
    )
)]
pub async fn messages_with(
    State(rest): State<Rest>,
    viewer: Viewer,
    Segments(handle): Segments<String>,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), Failure> {
    viewer.require_user()?;
    let slice = rest.service.messages_with(viewer, &handle, &query.page_backward()?).await?;
    Ok(messages(&rest, &query, slice).await?)
}

/// The messages of a conversation of the viewer's
#[utoipa::path(
    get,
    path = "/messages/{message_group_uuid}",
    tag = "messages",
    params(
        ("message_group_uuid" = String, Path, description = "The conversation's uuid. There is \
            nothing to see in any other.", example = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"),
        Before,
    ),
    responses(
        (status = 200, description = "The last 100 messages, oldest first; an empty array where \
            there is no such conversation or the viewer has no part in it.", body = [MessageBody],
            headers(("link" = String, description = "The page before, where there is one: \
                `<?before=CURSOR>; rel=\"prev\"`."))),
        (status = 401, description = "Nobody is signed in.", body = Nothing),
        (status = 422, description = "The cursor is none.", body = Codes,
            example = json!(["cursor_invalid"])),
        AnyFailure,
    )
)]
pub async fn messages_in_group(
    State(rest): State<Rest>,
    viewer: Viewer,
    Segments(group): Segments<String>,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), Failure> {
    viewer.require_user()?;
    let group = Uuid::parse_str(&group).ok();
    let slice = rest.service.messages_in_group(viewer, group, &query.page_backward()?).await?;
    Ok(messages(&rest, &query, slice).await?)
}

/// Sends a direct message
#[utoipa::path(
    post,
    path = "/messages",
    tag = "messages",
    params(IdempotencyKey),
    request_body(content = MessageSendBody, examples(
        ("by handle" = (value = json!({"message": "Hello!", "user_receiver_handle": "worf"}))),
        ("by handle, as the final frontend does" =
            (value = json!({"message": "Hello!", "handle": "worf"}))),
        ("by conversation" = (value = json!({
            "message": "Hello!",
            "message_group_uuid": "5ae290ed-55d1-47a0-bc6d-fe2bc2700399",
        }))),
    )),
    responses(
        (status = 200, description = "The message.", body = MessageBody),
        (status = 422, description = "In this order: `message_blank`, \
            `message_exceed_max_chars` (`--rest final`: `message_exceed_max_chars_1024`), \
            `cognito_user_id_blank` for a viewer who is no user, `user_reciever_handle_blank` where \
            nobody else has the handle or `message_group_uuid_blank` where the viewer has no such \
            conversation, `idempotency_key_invalid`, `idempotency_key_reused` with another body.",
            body = Codes, example = json!(["message_blank"])),
        BodyFailure,
        AnyFailure,
    )
)]
pub async fn send_message(
    State(rest): State<Rest>,
    writing: Writing,
) -> Result<Json<MessageBody>, Failure> {
    let fields = &writing.fields;
    let by_group = fields.has("message_group_uuid");
    let to = if by_group {
        let group = fields.text("message_group_uuid");
        Recipient::Group(group.and_then(|group| Uuid::parse_str(group).ok()))
    } else {
        let first = match rest.flavor {
            Flavor::Openapi => fields.text("user_receiver_handle"),
            Flavor::Final => None,
        };
        Recipient::Handle(first.or_else(|| fields.text("handle")))
    };
    let (message, key) = (fields.text("message"), writing.idempotency_key());
    let message = rest.service.send_message(writing.viewer, to, message, key).await;
    let message = message.map_err(Failure::of_long_text(rest.flavor))?;
    let sender = rest.service.user_by_uuid(message.user_uuid).await?.ok_or_else(|| {
        tracing::error!("a message has lost its sender as soon as it was sent");
        Error::Internal
    })?;
    let body = MessageBody::new(message, &sender);
    // The final backend answers so.
    Ok(Json(if by_group { MessageBody { uuid: sender.uuid, ..body } } else { body }))
}

async fn messages(
    rest: &Rest,
    query: &Query,
    slice: Page<Message>,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), Error> {
    let before = slice.items.first().filter(|_| slice.has_previous).map(|(cursor, _)| *cursor);
    let senders = users(&rest.service, slice.nodes().map(|message| message.user_uuid)).await?;
    let bodies = slice.into_nodes().into_iter().filter_map(|message| {
        let sender = senders.get(&message.user_uuid)?;
        Some(MessageBody::new(message, sender))
    });
    Ok((query.link_previous(before), Json(bodies.collect())))
}

async fn users(
    service: &Service,
    uuids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, User>, Error> {
    let mut uuids: Vec<_> = uuids.collect();
    uuids.sort_unstable();
    uuids.dedup();
    let users = service.users_by_uuids(&uuids).await?;
    Ok(users.into_iter().map(|user| (user.uuid, user)).collect())
}
