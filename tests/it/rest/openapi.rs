use insta::{assert_json_snapshot, assert_snapshot};

use crate::rest::app::app;

#[test]
fn the_document_is_current() {
    assert_json_snapshot!(cruddur::rest::openapi());
}

#[tokio::test]
async fn the_document_is_served() {
    let served = app().await.anon().get("/api/openapi.json").await.json();
    assert_eq!(served, serde_json::to_value(cruddur::rest::openapi()).unwrap());
}

#[tokio::test]
async fn every_path_of_the_document_is_routed() {
    let anon = app().await.anon();
    for path in cruddur::rest::openapi().paths.paths.keys() {
        let path = path.replace(['{', '}'], "");
        let options = anon.call(axum::http::Method::OPTIONS, &path).await;
        assert_eq!(options.status, 204, "{path}");
    }
}

#[tokio::test]
async fn the_docs_page_loads_nothing_from_other_hosts() {
    let anon = app().await.anon();
    assert_snapshot!(anon.get("/api/docs").await, @r"
    308
    location: /api/docs/
    ");
    let page = anon.get("/api/docs/").await;
    assert_eq!(page.headers["content-type"], "text/html");
    assert!(!page.text.contains("http://") && !page.text.contains("https://"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self'"));
    let start = anon.get("/api/docs/swagger-initializer.js").await;
    assert!(start.text.contains(r#""url": "/api/openapi.json""#));
    assert!(start.text.contains(r#""validatorUrl": "none""#));
    for file in ["swagger-ui.css", "index.css", "swagger-ui-bundle.js", "favicon-32x32.png"] {
        assert!(page.text.contains(file), "{file}");
    }
}
