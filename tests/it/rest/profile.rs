use insta::assert_snapshot;

use crate::rest::app::{UNREGISTERED, app, final_app};

const PATH: &str = "/api/profile/update";

#[tokio::test]
async fn put_and_post_update_the_display_name_and_bio() {
    let app = final_app().await;
    let andrew = app.as_user("andrewbrown");
    let body = r#"{"display_name": "Andrew B", "bio": "my bio"}"#;
    assert_snapshot!(andrew.put(PATH, body).await, @r#"
    200
    {
      "display_name": "Andrew B",
      "handle": "andrewbrown",
      "uuid": "00000000-0000-8000-0000-000000000001"
    }
    "#);
    let profile = app.anon().get("/api/activities/@andrewbrown").await.json()["profile"].clone();
    assert_eq!(profile["bio"], "my bio");
    let body = r#"{"display_name": "Andrew", "bio": null}"#;
    assert_eq!(andrew.post(PATH, body).await.json()["display_name"], "Andrew");
    let profile = app.anon().get("/api/activities/@andrewbrown").await.json()["profile"].clone();
    assert!(profile["bio"].is_null());
}

#[tokio::test]
async fn the_display_name_is_required() {
    let andrew = app().await.as_user("andrewbrown");
    for body in ["{}", "[]", r#"{"display_name": null, "bio": "b"}"#, r#"{"display_name": ""}"#] {
        assert_eq!(andrew.post(PATH, body).await.to_string(), r#"422 ["display_name_blank"]"#);
    }
}

#[tokio::test]
async fn the_display_name_and_bio_have_length_limits() {
    let andrew = app().await.as_user("andrewbrown");
    let name = format!(r#"{{"display_name": "{}"}}"#, "é".repeat(65));
    assert_snapshot!(andrew.put(PATH, name).await, @r#"422 ["display_name_invalid"]"#);
    assert_snapshot!(andrew.put(PATH, r#"{"display_name": "a\u0000"}"#).await, @r#"422 ["display_name_invalid"]"#);
    let bio = format!(r#"{{"display_name": "a", "bio": "{}"}}"#, "é".repeat(1025));
    assert_snapshot!(andrew.put(PATH, bio).await, @r#"422 ["bio_invalid"]"#);
}

#[tokio::test]
async fn deceptive_display_names_are_rejected() {
    let andrew = app().await.as_user("andrewbrown");
    for name in [
        "\u{202E}nworB",
        "\u{2066}a",
        "a\u{200F}",
        "\u{200B}",
        "\u{FEFF}",
        "\u{3164}",
        "\u{1B}[31m",
        "\u{301}",
    ] {
        let body = serde_json::json!({ "display_name": name }).to_string();
        let answer = andrew.put(PATH, body).await.to_string();
        assert_eq!(answer, r#"422 ["display_name_invalid"]"#, "{name:?}");
    }
    for name in [" ", "\u{3000}\u{3000}", "\u{A0}", "\u{2800}"] {
        let body = serde_json::json!({ "display_name": name }).to_string();
        let answer = andrew.put(PATH, body).await.to_string();
        assert_eq!(answer, r#"422 ["display_name_blank"]"#, "{name:?}");
    }
}

#[tokio::test]
async fn runs_of_white_space_in_a_display_name_become_one_space() {
    let andrew = app().await.as_user("andrewbrown");
    let name = format!("Andrew\u{A0} Brown @worf{}", "\u{3000}".repeat(38));
    let body = serde_json::json!({ "display_name": name }).to_string();
    assert_eq!(andrew.put(PATH, body).await.json()["display_name"], "Andrew Brown @worf");
}

#[tokio::test]
async fn only_users_can_update_a_profile() {
    let app = app().await;
    let body = r#"{"display_name": "d"}"#;
    assert_snapshot!(app.anon().put(PATH, "x").await, @"401 {}");
    assert_snapshot!(app.as_user(UNREGISTERED).put(PATH, body).await, @r#"422 ["cognito_user_id_blank"]"#);
    assert_snapshot!(app.as_user("andrewbrown").put(PATH, "x").await, @r#"400 ["bad_request"]"#);
}
