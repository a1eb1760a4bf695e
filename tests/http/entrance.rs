//! Who is let in.

use serde_json::{Value, json};

use crate::support::{Ask, Config, Front, Gateway, KEY};

fn list() -> Ask {
    Ask::modern(1, "tools/list", json!({}))
}

#[tokio::test]
async fn a_key_may_come_in_each_of_its_headers() {
    let front = Front::start(&Config::new());
    for ask in [
        list().header("Authorization", &format!("Bearer {KEY}")),
        list().header("authorization", &format!("bearer  {KEY}")),
        list().header("apikey", KEY),
        list().header("ENKRYPT_GATEWAY_KEY", KEY),
        list().header("apikey", KEY).header("Authorization", &format!("Bearer {KEY}")),
        list().header("apikey", KEY).header("project_id", "project-1").header("user_id", "user-1"),
    ] {
        let told = front.send(&ask).await;
        assert_eq!(told.status, 200, "{ask:?}: {told:?}");
    }
}

#[tokio::test]
async fn without_the_right_key_nothing_else_is_looked_at() {
    // What stands in the environment opens nothing here.
    let gateway = Gateway::prepare(&Config::new().text()).env("ENKRYPT_APIKEY", Some(KEY));
    let front = Front::open(gateway, &[]);
    let session = front.session(KEY).await;
    for ask in [
        list(),
        list().key("wrong"),
        list().header("Authorization", "Basic dTpw"),
        list().header("Authorization", KEY),
        list().header("apikey", KEY).header("ENKRYPT_GATEWAY_KEY", "another"),
        list().header("X-API-Key", KEY),
        list().header("apikey", KEY).header("project_id", "another"),
        list().header("apikey", KEY).header("user_id", "another"),
        // Neither the session nor the body nor the method.
        list().session(&session),
        list().session("no-such-session").body(b"{oops"),
        list().set("Content-Length", "999999999"),
        list().without("Content-Type"),
        Ask::new("PUT", "/mcp"),
        Ask::new("GET", "/mcp"),
        Ask::new("DELETE", "/mcp").session(&session),
    ] {
        let told = front.send(&ask).await;
        assert_eq!((told.status, told.header("www-authenticate")), (401, Some("Bearer")), "{ask:?}");
        let error = &told.json()["error"];
        assert_eq!(error["data"]["error_code"], "AUTH_FAILED", "{error}");
        assert_eq!(error["data"]["status"], "error");
        assert!(error["data"]["correlation_id"].is_string() && error["data"]["message"] == error["message"]);
        assert!(!error.to_string().contains(KEY));
    }
    assert_eq!(front.send(&list().known()).await.status, 200);
}

#[tokio::test]
async fn hosts_and_origins_that_are_not_ours_are_refused() {
    let config = Config::new()
        .common("allowed_hosts", json!(["Gateway.example.com"]))
        .common("allowed_origins", json!(["https://app.example.com"]));
    let front = Front::start(&config);
    let port = front.address.port();
    for (host, origin, status) in [
        ("localhost", None, 200),
        ("127.0.0.1:1234", None, 200),
        ("[::1]:1234", None, 200),
        ("gateway.example.com:443", None, 200),
        ("evil.example.com", None, 403),
        ("localhost.evil.example.com", None, 403),
        ("evil.example.com", Some("http://evil.example.com"), 403),
        ("localhost", Some("http://evil.example.com"), 403),
        ("localhost", Some("null"), 403),
        ("localhost", Some("http://localhost:6274"), 200),
        ("localhost", Some("https://app.example.com"), 200),
        ("localhost", Some("http://app.example.com"), 403),
    ] {
        let mut ask = list().known().header("Host", host);
        if let Some(origin) = origin {
            ask = ask.header("Origin", origin);
        }
        let told = front.send(&ask).await;
        assert_eq!(told.status, status, "{host} {origin:?}: {told:?}");
        assert!(!told.body.windows(4).any(|bytes| bytes == b"evil"), "it is not repeated");
    }
    let host = format!("localhost:{port}");
    let own = list().known().header("Host", &host).header("Origin", &format!("http://{host}"));
    assert_eq!(front.send(&own).await.status, 200);
    let twice = list().known().header("Host", "localhost").header("Host", "evil.example.com");
    assert_eq!(front.send(&twice).await.status, 400);
    let absolute = list().known().path("http://evil.example.com/mcp");
    assert_eq!(front.send(&absolute).await.status, 403);
}

#[tokio::test]
async fn two_callers_at_once_see_each_their_own() {
    let other = "test-key-other-77aa55cc";
    let config = Config::new()
        .server(json!({"server_name": "mine", "config": {"command": "true", "args": []}, "tools": {"t": "a tool"}}))
        .edit(|config| {
            let server = json!({"server_name": "theirs", "config": {"command": "true", "args": []}, "tools": {"t": "a tool"}});
            config["mcp_configs"]["config-2"] = json!({"mcp_config_name": "other", "mcp_config": [server]});
            config["projects"]["project-2"] =
                json!({"project_name": "other", "mcp_config_id": "config-2", "users": ["user-1"]});
            config["apikeys"][other] = json!({"project_id": "project-2", "user_id": "user-1"});
        });
    let front = Front::start(&config);
    let servers = async |key: &str| -> Value {
        let params = json!({"name": crate::support::LIST, "arguments": {"discover_tools": false}});
        front.send(&Ask::modern(1, "tools/call", params).key(key)).await.json()
    };
    for _ in 0..20 {
        let (mine, theirs) = tokio::join!(servers(KEY), servers(other));
        let (mine, theirs) = (mine.to_string(), theirs.to_string());
        assert!(mine.contains("mine") && !mine.contains("theirs"), "{mine}");
        assert!(theirs.contains("theirs") && !theirs.contains("mine"), "{theirs}");
    }
}
