//! Pages in a browser.

use serde_json::json;

use crate::support::{Ask, Config, Front};

const PAGE: &str = "https://app.example.com";

fn preflight(origin: &str, headers: &str) -> Ask {
    Ask::new("OPTIONS", "/mcp")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", headers)
}

#[tokio::test]
async fn a_page_that_was_allowed_is_asked_for_no_key_before_it_may_send_one() {
    let front = Front::start(&Config::new().common("allowed_origins", json!([PAGE])));
    let told = front.send(&preflight(PAGE, "authorization,Mcp-Param-City,x-evil")).await;
    assert_eq!(told.status, 204, "{told:?}");
    assert_eq!(told.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(told.header("vary"), Some("Origin"));
    assert!(told.header("access-control-allow-methods").expect("methods").contains("DELETE"));
    let headers = told.header("access-control-allow-headers").expect("headers");
    for name in [
        "authorization",
        "apikey",
        "content-type",
        "mcp-session-id",
        "mcp-protocol-version",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-param-city",
    ] {
        assert!(headers.split(", ").any(|header| header == name), "{name}: {headers}");
    }
    assert!(!headers.contains('*') && !headers.contains("evil"), "{headers}");

    let opened = front.send(&Ask::initialize().known().header("Origin", PAGE)).await;
    assert_eq!(
        (opened.status, opened.header("access-control-allow-origin")),
        (200, Some(PAGE)),
        "{opened:?}"
    );
    assert!(opened.header("access-control-expose-headers").expect("headers").contains("mcp-session-id"));
    let refused = front.send(&Ask::initialize().header("Origin", PAGE)).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(PAGE)));
}

#[tokio::test]
async fn other_pages_are_told_nothing() {
    let front = Front::start(&Config::new().common("allowed_origins", json!([PAGE])));
    let mut asks = vec![Ask::initialize().known(), Ask::new("OPTIONS", "/mcp")];
    for origin in ["https://evil.example.com", "null", "http://app.example.com"] {
        asks.push(preflight(origin, "authorization"));
        asks.push(Ask::initialize().known().header("Origin", origin));
    }
    asks.push(preflight(PAGE, "authorization").header("Origin", "https://evil.example.com"));
    for ask in asks {
        let told = front.send(&ask).await;
        assert!(told.status != 204, "{ask:?}: {told:?}");
        assert!(told.header("access-control-allow-origin").is_none(), "{ask:?}: {told:?}");
    }
}
