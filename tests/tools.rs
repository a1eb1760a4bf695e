//! The seven tools.

use serde_json::{Value, json};

use crate::support::{
    CACHE_STATUS, CLEAR_CACHE, Config, DISCOVER, Gateway, INFO, LIST, METRICS, SECURE_CALL, wire,
};

#[tokio::test]
async fn the_list_is_the_documented_one_and_short() {
    let gateway = Gateway::start(&Config::new()).await;
    let tools = gateway.client().list_all_tools().await.expect("tools");
    let tools = serde_json::to_value(&tools).expect("JSON");
    wire("tools_list", &tools);
    // About four bytes make a token; the schemas are read by the model as well.
    let bytes: usize = tools
        .as_array()
        .expect("a list")
        .iter()
        .map(|tool| tool.to_string().len() - tool["annotations"].to_string().len())
        .sum();
    assert!(bytes / 4 < 900, "{} tokens", bytes / 4);
}

#[tokio::test]
async fn nothing_is_said_without_a_good_key() {
    let config = Config::new().echo();
    let mut answers = Vec::new();
    for key in [None, Some(""), Some("wrong-key-00000000")] {
        let gateway = Gateway::prepare(&config.text()).env("ENKRYPT_GATEWAY_KEY", key).connect().await;
        for tool in [LIST, CACHE_STATUS, METRICS, DISCOVER, CLEAR_CACHE] {
            let reply = gateway.call(tool, json!({})).await;
            assert!(reply.is_error);
            answers.push(without_id(reply.json));
        }
        for tool in [INFO, SECURE_CALL] {
            answers.push(without_id(gateway.call(tool, json!({"server_name": "echo"})).await.json));
        }
    }
    assert!(
        answers.iter().all(|answer| answer["error_code"] == "AUTH_FAILED" && *answer == answers[0]),
        "{answers:#?}"
    );
}

#[tokio::test]
async fn a_key_that_no_longer_opens_is_refused_like_a_wrong_one() {
    let edits: [fn(&mut Value); 4] = [
        |config| config["apikeys"][crate::support::KEY]["disabled"] = json!(true),
        |config| config["projects"]["project-1"]["users"] = json!([]),
        |config| drop(config["projects"]["project-1"].as_object_mut().expect("an object").remove("users")),
        |config| config["apikeys"][crate::support::KEY]["user_id"] = json!("nobody"),
    ];
    for edit in edits {
        let gateway = Gateway::start(&Config::new().echo().edit(edit)).await;
        let reply = gateway.call(LIST, json!({})).await;
        assert_eq!(reply.json["error_code"], "AUTH_FAILED");
        assert_eq!(reply.json["message"], "authentication failed");
    }
}

#[tokio::test]
async fn project_and_user_must_fit_the_key() {
    for (name, value, opens) in [
        ("ENKRYPT_PROJECT_ID", "project-1", true),
        ("ENKRYPT_PROJECT_ID", "project-2", false),
        ("ENKRYPT_USER_ID", "not_provided", true),
        ("ENKRYPT_USER_ID", "user-2", false),
    ] {
        let gateway = Gateway::prepare(&Config::new().echo().text()).env(name, Some(value)).connect().await;
        assert_eq!(
            gateway.call(LIST, json!({"discover_tools": false})).await.is_error,
            !opens,
            "{name}={value}"
        );
    }
}

#[tokio::test]
async fn a_key_may_be_stored_as_its_digest() {
    // sha256 of the test key.
    let stored = format!("sha256:{}", sha256_hex(crate::support::KEY));
    let config = Config::new().echo().edit(|config| {
        let keys = config["apikeys"].as_object_mut().expect("keys");
        let record = keys.remove(crate::support::KEY).expect("the key");
        keys.insert(stored, record);
    });
    let gateway = Gateway::start(&config).await;
    assert!(!gateway.call(LIST, json!({})).await.is_error);
}

fn sha256_hex(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hex = |text: String, byte: &u8| format!("{text}{byte:02x}");
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), hex)
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error() {
    let gateway = Gateway::start(&Config::new()).await;
    let error = gateway.try_call("enkrypt_no_such_tool", json!({})).await.expect_err("an error");
    assert!(error.to_string().contains("unknown tool"), "{error}");
}

#[tokio::test]
async fn an_unknown_server_is_named_with_the_known_ones() {
    let gateway = Gateway::start(&Config::new().echo().lab(&[])).await;
    for tool in [DISCOVER, INFO, SECURE_CALL] {
        let reply = gateway.call(tool, json!({"server_name": "nope"})).await;
        assert_eq!(reply.json["error_code"], "SERVER_NOT_FOUND", "{tool}");
        assert_eq!(reply.json["hint"], "the servers are: echo, lab");
    }
}

#[tokio::test]
async fn listing_shows_what_may_be_shown() {
    let config = Config::new()
        .echo()
        .with("description", json!("Echoes"))
        .server(json!({
            "server_name": "remote",
            "config": {"url": "https://example.com/mcp?token=abc", "headers": {"Authorization": "Bearer abc"}},
        }))
        .server(json!({
            "server_name": "secretive",
            "config": {
                "command": "npx",
                "args": ["-y", "thing", "--api-key", "abc", "sk-0123456789abcdef", "plain"],
                "env": {"HARMLESS": "but-secret-all-the-same"},
            },
            "tools": {"one": "First"},
        }));
    let gateway = Gateway::start(&config).await;
    let reply = gateway.call(LIST, json!({"discover_tools": false})).await;
    wire("list_servers", &reply.json);
    wire("server_info", &gateway.call(INFO, json!({"server_name": "secretive"})).await.json);
}

#[tokio::test]
async fn discovery_has_one_shape_whatever_the_source() {
    let gateway = Gateway::start(&Config::new().echo()).await;
    let live = gateway.call(DISCOVER, json!({"server_name": "echo"})).await;
    wire("discover_live", &live.json);
    let cached = gateway.call(DISCOVER, json!({"server_name": "echo"})).await;
    assert_eq!(cached.json["source"], "cache");
    assert_eq!(cached.json["tools"], live.json["tools"]);
}

#[tokio::test]
async fn all_servers_at_once_and_a_broken_one_breaks_no_other() {
    let config = Config::new()
        .echo()
        .server(json!({"server_name": "missing", "config": {"command": "/nonexistent/server"}}))
        .hostile("exit")
        .env(json!({"HOSTILE_STDERR": "the-password-is-swordfish"}));
    let gateway = Gateway::start(&config).await;
    for server in [json!(null), json!("null"), json!("NULL")] {
        let reply = gateway.call(DISCOVER, json!({"server_name": server})).await;
        assert!(!reply.is_error);
        assert_eq!(reply.json["discovery_success_servers"], json!(["echo"]));
        assert_eq!(reply.json["discovery_failed_servers"], json!(["missing", "hostile"]));
    }
    let reply = gateway.call(LIST, json!({})).await;
    wire("list_servers_discovered", &reply.json);
    assert!(!reply.json.to_string().contains("swordfish"));
}

#[tokio::test]
async fn a_server_that_is_switched_off_is_no_failure() {
    let off = json!({"server_name": "off", "config": {"command": "true"}, "disabled": true});
    let gateway = Gateway::start(&Config::new().echo().server(off.clone())).await;
    let reply = gateway.call(DISCOVER, json!({})).await;
    assert_eq!(reply.json["message"], "Tools discovery tried for all servers");
    assert_eq!(reply.json["discovery_failed_servers"], json!([]));
    let shown = &reply.json["available_servers"]["off"];
    assert_eq!(shown["status"], "unavailable");
    assert!(shown["message"].as_str().expect("a reason").contains("`disabled`"), "{shown}");
    assert!(!gateway.log().contains("could not ask"), "{}", gateway.log());
    let gateway = Gateway::start(&Config::new().server(off)).await;
    assert_eq!(gateway.call(LIST, json!({})).await.json["status"], "success");
}

#[tokio::test]
async fn cache_status_and_clearing() {
    let config = Config::new().echo().lab(&[]).server(json!({
        "server_name": "fixed", "config": {"command": "true"}, "tools": {"one": "First"},
    }));
    let gateway = Gateway::start(&config).await;
    gateway.call(LIST, json!({})).await;
    wire("cache_status", &gateway.call(CACHE_STATUS, json!({})).await.json);
    let clear = async |arguments: Value| {
        let reply = gateway.call(CLEAR_CACHE, arguments).await;
        (
            reply.json["status"].as_str().expect("a status").to_owned(),
            reply.json["message"].as_str().expect("a message").to_owned(),
        )
    };
    let cached = async || {
        let status = gateway.call(CACHE_STATUS, json!({})).await.json;
        let servers = &status["cache_status"]["gateway_specific"]["tools"]["servers"];
        (
            servers["echo"]["exists"].as_bool().expect("a flag"),
            servers["lab"]["exists"].as_bool().expect("a flag"),
        )
    };
    assert_eq!(clear(json!({"server_name": "echo"})).await.1, "Cache cleared for server: echo");
    assert_eq!(cached().await, (false, true));
    let again = clear(json!({"server_name": "echo", "cache_type": "server_config"})).await;
    assert_eq!(again, ("info".to_owned(), "No cache found for server: echo".to_owned()));
    assert_eq!(
        clear(json!({"cache_type": "gateway"})).await.1,
        "Gateway config cache cleared for user-1_project-1_config-1"
    );
    assert_eq!(cached().await, (false, true), "the tools stay");
    assert_eq!(
        clear(json!({"cache_type": "server_config"})).await.1,
        "Cache cleared for all servers (1 servers)"
    );
    gateway.call(LIST, json!({})).await;
    let all = clear(json!({"id": "somebody-else"})).await;
    assert_eq!(all.1, "Cache cleared for all servers (2 servers) and gateway config (cleared)");
    assert_eq!(cached().await, (false, false));
    let unknown = gateway.call(CLEAR_CACHE, json!({"cache_type": "bogus"})).await;
    assert_eq!(unknown.json["error_code"], "INVALID_ARGUMENTS");
}

#[tokio::test]
async fn metrics_count_and_need_the_key() {
    let config = Config::new().echo().timeout("tool_execution_timeout", 7.5);
    let gateway = Gateway::start(&config.common("standby_idle_seconds", json!(0))).await;
    gateway.batch("echo", json!([{"name": "echo", "args": {"message": "x"}}])).await;
    wire("metrics", &gateway.call(METRICS, json!({})).await.json);
}

fn without_id(mut answer: Value) -> Value {
    answer.as_object_mut().expect("an object").remove("correlation_id");
    answer
}
