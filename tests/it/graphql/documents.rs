//! Documents in files beside this one, and their responses as snapshots.
//!
//! Comments at the start of a document set the viewer (`# viewer: ada`; anonymous by default) and the
//! variables (`# variables: {"id": "user 1"}`, where `user 1` stands for that user's global id).

use std::{collections::BTreeSet, path::PathBuf};

use async_graphql::{Request, Variables};
use cruddur::{
    domain::Viewer,
    sources::{self, SourceUrl},
};

use crate::{
    graphql::fixture::{self, SchemaClient, resolve_ids},
    support::{
        filled,
        stores::{PostgresDatabase, SqliteFile},
    },
};

macro_rules! documents {
    ($($name:ident,)+) => {
        const NAMES: &[&str] = &[$(stringify!($name)),+];
        $(
            #[tokio::test]
            async fn $name() {
                check(stringify!($name)).await;
            }
        )+
    };
}

documents! {
    the_home_feed_shows_authors_and_replies,
    the_home_feed_pages_forward,
    the_home_feed_pages_backward,
    a_thread_can_be_followed_up_and_down,
    a_profile_shows_counts_and_cruds,
    followers_and_likers_are_user_connections,
    a_search_finds_activities_and_users,
    the_viewer_reads_feed_and_notifications,
    anonymous_requests_have_no_viewer,
    nodes_are_found_by_their_ids,
    activities_can_be_created,
    replies_can_be_created,
    activities_can_be_deleted,
    activities_can_be_liked_and_reposted,
    users_can_be_followed,
    the_profile_can_be_updated,
    notifications_can_be_marked_as_read,
    conversations_are_visible_to_their_two_users,
    messages_page_backward,
    messages_can_be_sent,
    messages_can_be_marked_as_read,
    other_users_messages_are_hidden,
    anonymous_mutations_are_unauthenticated,
    invalid_arguments_are_rejected,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/graphql/documents")
}

#[test]
fn every_document_file_is_tested() {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let found: BTreeSet<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == "graphql"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

/// Executes a document on every source and compares each response with the same snapshot.
async fn check(name: &str) {
    let text = std::fs::read_to_string(folder().join(name).with_extension("graphql")).unwrap();
    let people = fixture::people();
    let (file, database) = (SqliteFile::new(), PostgresDatabase::new(name).await);
    for sources in [sources::open(&SourceUrl::Mock, 1), file.open(), database.open()] {
        let sources = filled(sources, &people).await;
        let viewer = match directive(&text, "viewer") {
            None => Viewer::Anonymous,
            Some(handle) => {
                let user = people.users.iter().find(|user| user.handle == handle).unwrap();
                Viewer::User(user.uuid)
            }
        };
        let variables = directive(&text, "variables").unwrap_or("{}");
        let mut variables: serde_json::Value = serde_json::from_str(variables).unwrap();
        resolve_ids(&mut variables);
        let request = Request::new(&text).variables(Variables::from_json(variables));
        let response = SchemaClient::new(sources, viewer).execute(request).await;
        let response = fixture::without_positions(&response);
        insta::with_settings!({
            snapshot_path => "documents",
            prepend_module_to_snapshot => false,
            omit_expression => true,
            description => "The same from every source.",
        }, {
            insta::assert_snapshot!(name, response);
        });
    }
}

/// Returns the value of a comment `# key: value` at the start of a document.
fn directive<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let prefix = format!("# {key}: ");
    text.lines().take_while(|line| line.starts_with('#')).find_map(|it| it.strip_prefix(&*prefix))
}
