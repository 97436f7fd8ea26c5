//! Direct messages and conversations.

use axum::{Json, extract::State, http::HeaderMap};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    Flavor, Rest,
    activities::microseconds,
    error::{BodyErrors, CommonErrors, EmptyObject, ErrorCodes, RestError},
    request::{
        AfterParam, Authenticated, BeforeParam, IdempotencyKeyHeader, PathParams, QueryParams,
        text_or_none,
    },
};
use crate::{
    domain::{Message, Page, Timestamp, User, Viewer},
    error::Error,
    service::Recipient,
};

/// A conversation, with the handle and display name of the other user in it.
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
    /// The uuid of the message. In the response to a message that was sent to a
    /// `message_group_uuid`, it is the uuid of the sender.
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

/// A direct message to send, to a conversation or to a user.
#[derive(Deserialize, ToSchema)]
pub struct MessageSendBody {
    /// The length is counted in Unicode characters.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(
        value_type = String,
        required = true,
        min_length = 1,
        max_length = 1024,
        pattern = "^[^\\x00]*$",
        example = "Hello!"
    )]
    message: Option<String>,
    /// The conversation. If it is present, the handles are ignored.
    #[schema(value_type = Option<Uuid>)]
    message_group_uuid: Option<Value>,
    /// The handle of the receiver, with or without `@`. Ignored with `--rest final`.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(example = "worf")]
    user_receiver_handle: Option<String>,
    /// The handle of the receiver, under the name that the final frontend uses.
    #[serde(default, deserialize_with = "text_or_none")]
    #[schema(example = "worf")]
    handle: Option<String>,
}

impl MessageSendBody {
    /// Returns the receiver of the message. A `message_group_uuid` other than null takes precedence
    /// over the handles. If it is not a uuid, the group is `None`, which the service rejects.
    fn recipient(&self, flavor: Flavor) -> Recipient<'_> {
        if let Some(group) = &self.message_group_uuid {
            let uuid = group.as_str().and_then(|uuid| Uuid::parse_str(uuid).ok());
            return Recipient::Group(uuid);
        }
        let handle = match flavor {
            Flavor::Openapi => self.user_receiver_handle.as_deref(),
            Flavor::Final => None,
        };
        Recipient::Handle(handle.or(self.handle.as_deref()))
    }
}

/// The viewer's conversations
#[utoipa::path(
    get,
    path = "/message_groups",
    tag = "messages",
    params(AfterParam),
    responses(
        (status = 200, description = "At most 100 conversations, the one with the newest message \
            first.", body = [MessageGroupBody],
            headers(("link" = String, description = "The next page, if there is one: \
                `<?after=CURSOR>; rel=\"next\"`."))),
        (status = 401, description = "The viewer is not a registered user.", body = EmptyObject),
        (status = 422, description = "Invalid cursor.", body = ErrorCodes,
            example = json!(["cursor_invalid"])),
        CommonErrors,
    )
)]
pub async fn message_groups(
    State(rest): State<Rest>,
    viewer: Viewer,
    query: QueryParams,
) -> Result<(HeaderMap, Json<Vec<MessageGroupBody>>), RestError> {
    viewer.require_user()?;
    let page = rest.service.message_groups(viewer, &query.forward_pagination()?).await?;
    let link = query.link_next(page.next_cursor());
    let others: Vec<_> = page.nodes().map(|group| group.other_uuid).collect();
    let others = rest.service.users_map(&others).await?;
    let bodies = page.into_nodes().into_iter().filter_map(|group| {
        let other = others.get(&group.other_uuid)?;
        Some(MessageGroupBody {
            uuid: group.uuid,
            display_name: other.display_name.clone(),
            handle: other.handle.clone(),
            message: group.last_message,
            created_at: group.last_message_at,
        })
    });
    Ok((link, Json(bodies.collect())))
}

/// The messages between the viewer and another user
#[utoipa::path(
    get,
    path = "/messages/@{handle}",
    tag = "messages",
    params(
        ("handle" = String, Path, description = "The other user's handle, case-sensitive.",
            example = "worf"),
        BeforeParam,
    ),
    responses(
        (status = 200, description = "The last 100 messages, oldest first; an empty array if \
            there are no messages.", body = [MessageBody],
            headers(("link" = String, description = "The previous page, if there is one: \
                `<?before=CURSOR>; rel=\"prev\"`."))),
        (status = 401, description = "The viewer is not a registered user.", body = EmptyObject),
        (status = 422, description = "`cursor_invalid` or `blank_user_handle`.", body = ErrorCodes,
            example = json!(["cursor_invalid"])),
        CommonErrors,
    )
)]
pub async fn messages_with(
    State(rest): State<Rest>,
    viewer: Viewer,
    PathParams(handle): PathParams<String>,
    query: QueryParams,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), RestError> {
    viewer.require_user()?;
    let page = rest.service.messages_with(viewer, &handle, &query.backward_pagination()?).await?;
    Ok(messages(&rest, &query, page).await?)
}

/// The messages of one of the viewer's conversations
#[utoipa::path(
    get,
    path = "/messages/{message_group_uuid}",
    tag = "messages",
    params(
        ("message_group_uuid" = String, Path, description = "The conversation's uuid.",
            example = "5ae290ed-55d1-47a0-bc6d-fe2bc2700399"),
        BeforeParam,
    ),
    responses(
        (status = 200, description = "The last 100 messages, oldest first; an empty array if the \
            conversation does not exist or the viewer is not a member of it.", body = [MessageBody],
            headers(("link" = String, description = "The previous page, if there is one: \
                `<?before=CURSOR>; rel=\"prev\"`."))),
        (status = 401, description = "The viewer is not a registered user.", body = EmptyObject),
        (status = 422, description = "Invalid cursor.", body = ErrorCodes,
            example = json!(["cursor_invalid"])),
        CommonErrors,
    )
)]
pub async fn messages_in_group(
    State(rest): State<Rest>,
    viewer: Viewer,
    PathParams(group): PathParams<String>,
    query: QueryParams,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), RestError> {
    viewer.require_user()?;
    let group = Uuid::parse_str(&group).ok();
    let page = rest.service.messages_in_group(viewer, group, &query.backward_pagination()?).await?;
    Ok(messages(&rest, &query, page).await?)
}

/// Sends a direct message
#[utoipa::path(
    post,
    path = "/messages",
    tag = "messages",
    params(IdempotencyKeyHeader),
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
            `cognito_user_id_blank` if the viewer is unregistered, `user_reciever_handle_blank` if \
            no other user has the handle or `message_group_uuid_blank` if the viewer has no such \
            conversation, `idempotency_key_invalid`, `idempotency_key_reused` with another body.",
            body = ErrorCodes, example = json!(["message_blank"])),
        BodyErrors,
        CommonErrors,
    )
)]
pub async fn send_message(
    State(rest): State<Rest>,
    request: Authenticated<MessageSendBody>,
) -> Result<Json<MessageBody>, RestError> {
    let recipient = request.body.recipient(rest.flavor);
    let by_group = matches!(recipient, Recipient::Group(_));
    let (message, key) = (request.body.message.as_deref(), request.idempotency_key.as_deref());
    let message = rest.service.send_message(request.viewer, recipient, message, key).await;
    let message = message.map_err(RestError::for_long_text(rest.flavor))?;
    let sender = rest.service.user_by_uuid(message.user_uuid).await?.ok_or_else(|| {
        tracing::error!("sender of a sent message not found");
        Error::Internal
    })?;
    let body = MessageBody::new(message, &sender);
    // The final backend answers with the uuid of the sender here.
    Ok(Json(if by_group { MessageBody { uuid: sender.uuid, ..body } } else { body }))
}

async fn messages(
    rest: &Rest,
    query: &QueryParams,
    page: Page<Message>,
) -> Result<(HeaderMap, Json<Vec<MessageBody>>), Error> {
    let link = query.link_previous(page.previous_cursor());
    let senders: Vec<_> = page.nodes().map(|message| message.user_uuid).collect();
    let senders = rest.service.users_map(&senders).await?;
    let bodies = page.into_nodes().into_iter().filter_map(|message| {
        let sender = senders.get(&message.user_uuid)?;
        Some(MessageBody::new(message, sender))
    });
    Ok((link, Json(bodies.collect())))
}
