//! The types of the schema: one file for each noun.

mod activity;
mod connection;
mod id;
mod message;
mod mutation;
mod notification;
mod query;
mod subscription;
mod user;
mod viewer;

use std::sync::Arc;

use async_graphql::{SDLExportOptions, SchemaBuilder};
use uuid::Uuid;

use self::{
    connection::{Connection, Edge},
    mutation::Mutation,
    notification::NotificationConnection,
    query::{Query, SearchResult},
    subscription::SubscriptionRoot,
};
use crate::domain::{Activity, Message, MessageGroup, Notification, Timestamp, User};

/// The schema as async-graphql executes it.
pub type ExecutableSchema = async_graphql::Schema<Query, Mutation, SubscriptionRoot>;

/// A builder of the schema with the descriptions that no doc comment can carry: those of scalars
/// and of the connections of each type.
pub fn builder() -> SchemaBuilder<Query, Mutation, SubscriptionRoot> {
    ExecutableSchema::build(Query, Mutation, SubscriptionRoot)
        .override_output_type_description::<Timestamp>(
            "An RFC 3339 timestamp in UTC, with at most six fractional digits: \
             `2026-01-31T09:30:00.123456+00:00`.",
        )
        .override_output_type_description::<Uuid>(
            "An RFC 9562 UUID in lower case: `68f126b0-1ceb-4a33-88be-d90fa7109eee`.",
        )
        .override_output_type_description::<Connection<Arc<Activity>>>("A page of activities.")
        .override_output_type_description::<Edge<Arc<Activity>>>(
            "An activity and its position in a list.",
        )
        .override_output_type_description::<Connection<Arc<User>>>("A page of users.")
        .override_output_type_description::<Edge<Arc<User>>>("A user and their position in a list.")
        .override_output_type_description::<NotificationConnection>("A page of notifications.")
        .override_output_type_description::<Edge<Arc<Notification>>>(
            "A notification and its position in a list.",
        )
        .override_output_type_description::<Connection<Arc<MessageGroup>>>(
            "A page of conversations.",
        )
        .override_output_type_description::<Edge<Arc<MessageGroup>>>(
            "A conversation and its position in a list.",
        )
        .override_output_type_description::<Connection<Arc<Message>>>("A page of messages.")
        .override_output_type_description::<Edge<Arc<Message>>>(
            "A message and its position in its conversation.",
        )
        .override_output_type_description::<Connection<SearchResult>>("A page of search results.")
        .override_output_type_description::<Edge<SearchResult>>(
            "A search result and its position in the list.",
        )
}

/// The description of the schema, which async-graphql has no place for.
const DESCRIPTION: &str = "Cruddur is a micro-blogging app. People post cruds, short messages that \
                           expire, reply to them, like and repost them, follow each other and send \
                           direct messages.";

/// The schema in the GraphQL schema definition language (SDL).
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    let sdl = builder().finish().sdl_with_options(options);
    sdl.replacen("schema {", &format!("\"{DESCRIPTION}\"\nschema {{"), 1)
}
