use cruddur::domain::{Pagination, Profile, text::Search};

use super::{Story, debug, handle, message, page};
use crate::sources::fixture::{GAREK, UNKNOWN, WORF, at, crud, reply};

pub async fn activities(story: &mut Story) {
    story.chapter("Activities are found by their words");
    for (number, text) in [
        (0x80, "Prune juice, a warrior's drink #Honor"),
        (0x81, "100% of snake_case_words aren't 'quoted' \"twice\""),
        (0x82, "ÜBER Straße ΟΔΟΣ Ⓐ x\u{301} 東京タワー 🚀rocket"),
        (0x83, "honor # notag a#b ##double"),
        (0x84, "AND OR NOT NEAR juice* (x) a:b & | ! <-> \\ ; --"),
    ] {
        story.post(crud(number, WORF, text, 600, Some(60))).await;
    }
    story.post(reply(0x85, 0x80, GAREK, "juice is found in replies too", 601)).await;
    let long = "l".repeat(70);
    story.post(crud(0x86, GAREK, &format!("{long} long"), 602, Some(60))).await;
    for term in [
        "juice",
        "JUICE",
        "juic",
        "juice ",
        "prune juice",
        "juice prune",
        "warrior's",
        "juice water",
        "#honor",
        "honor",
        "#HONOR",
        "#hono",
        "hono",
        "#notag",
        "# notag",
        "#b",
        "a#b",
        "#double",
        "100%",
        "%",
        "_",
        "1_0",
        "snake_case_words",
        "snake",
        "case",
        "'quoted'",
        "\"twice\"",
        "'",
        "\"",
        "'; DROP TABLE users; --",
        "\\",
        "jui\0ce",
        "\0",
        "",
        "🚀",
        "rocket",
        "über",
        "uber",
        "straße",
        "strasse",
        "ΟΔΟΣ",
        "οδος",
        "ⓐ",
        "x\u{301}",
        "x",
        "東京",
        "東京タワー",
        "タワー",
        "and",
        "or not",
        "near",
        "juice*",
        "a:b",
        "b",
        "& |",
        "x !",
    ] {
        let search = Search::parse(term);
        let hits = story.store().activities_matching(&search, &Pagination::first(5), at(610)).await;
        story.record(format!("{term:?}"), page(hits, shortened));
    }
    for letters in [63, 64, 65, 70, 90] {
        let search = Search::parse(&"l".repeat(letters));
        let hits = story.store().activities_matching(&search, &Pagination::first(5), at(610)).await;
        story.record(format!("{letters} times l"), page(hits, shortened));
    }
    let search = Search::parse("juice");
    let activities = story.store();
    let first = activities.activities_matching(&search, &Pagination::first(2), at(610)).await;
    let after = first.as_ref().ok().and_then(|page| Some(page.items.last()?.0));
    story.record("first two", page(first, shortened));
    let next = Pagination { after, ..Pagination::first(2) };
    let next = activities.activities_matching(&search, &next, at(610)).await;
    story.record("next two", page(next, shortened));
    let last = activities.activities_matching(&search, &Pagination::last(1), at(610)).await;
    story.record("last", page(last, shortened));
    let gone = activities.activities_matching(&search, &Pagination::first(5), at(660)).await;
    story.record("when they have expired", page(gone, shortened));
}

pub async fn users(story: &mut Story) {
    story.chapter("Users are found by handle and display name, as they are now");
    let activities = story.store();
    for term in
        ["worf", "mogh worf", "Londo", "łondo", "M", "londo.m", "fan 1", "fan01", "nobody", "%"]
    {
        let users = activities.users_matching(&Search::parse(term), &Pagination::first(3)).await;
        story.record(format!("{term:?}"), page(users, handle));
    }
    let profile = Profile {
        display_name: "Ambassador Worf".into(),
        bio: Some("Today is a good day.".into()),
    };
    let changed = activities.update_profile(WORF, &profile).await.expect("an answer");
    let line = changed.map(|user| (user.handle, user.display_name, user.bio, user.email));
    story.record("Worf changes his profile", debug(line));
    story.record("nobody does", debug(activities.update_profile(UNKNOWN, &profile).await));
    for term in ["ambassador", "mogh", "worf"] {
        let users = activities.users_matching(&Search::parse(term), &Pagination::first(3)).await;
        story.record(format!("{term:?}"), page(users, handle));
    }
    let fans = Search::parse("fan");
    let mut next = Pagination::last(20);
    while next.limit > 0 {
        let read = activities.users_matching(&fans, &next).await.expect("a page");
        story.record("fans from the end", super::show(&read, handle));
        next.before = read.items.first().map(|(cursor, _)| *cursor);
        next.limit = if read.has_previous { 20 } else { 0 };
    }
}

fn shortened(activity: &cruddur::domain::Activity) -> String {
    message(activity).chars().take(12).collect()
}
