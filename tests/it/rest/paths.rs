use crate::rest::app::app;

#[tokio::test]
async fn unknown_paths_get_404() {
    let anon = app().await.anon();
    for path in [
        "/api",
        "/api/",
        "/api/nope",
        "/api/activities/",
        "/api/activities/home/",
        "/api/Activities/home",
        "/api/activities//home",
        "/api/activities%2Fhome",
        "/api/users/worf/short",
        "/api/docs/nope",
    ] {
        assert_eq!(anon.get(path).await.to_string(), r#"404 ["not_found"]"#, "{path}");
    }
}

#[tokio::test]
async fn percent_encoded_paths_match_their_routes() {
    let anon = app().await.anon();
    for path in ["/api/%61ctivities/%68ome", "/api/health%2Dcheck", "/api/activities/%40worf"] {
        assert_eq!(anon.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn only_unreserved_characters_are_decoded() {
    let anon = app().await.anon();
    for path in ["/api/activities/%2568ome", "/api/activities/home%20", "/api/activities/home%"] {
        assert_eq!(anon.get(path).await.status, 404, "{path}");
    }
}
