//! The log: one line per request and per call, at the level that was asked for, on standard error only.

use serde_json::{Value, json};

mod audit;
mod door;

use crate::direct::{direct, start};
use crate::processes::watch::{Record, until};
use crate::support::{Ask, Config, Front, Gateway, eventually, whole_log};

#[tokio::test]
async fn one_line_per_request_and_per_call() {
    let gateway = Gateway::prepare(&Config::new().lab(&[]).text())
        .env("ENKRYPT_LOG_FORMAT", Some("json"))
        .connect()
        .await;
    gateway.batch("lab", json!([{"name": "pid"}, {"name": "fail", "args": {"message": "no"}}])).await;
    let log = whole_log(&gateway).await;
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let of = |message: &str| lines.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    let calls = of("call");
    assert_eq!(calls.len(), 2, "{log}");
    assert_eq!(
        (&calls[0]["tool"], &calls[0]["outcome"], &calls[0]["server"]),
        (&json!("pid"), &json!("success"), &json!("lab"))
    );
    assert_eq!((&calls[1]["outcome"], &calls[1]["code"]), (&json!("error"), &json!("TOOL_FAILED")));
    let requests = of("request");
    assert_eq!(requests[0]["request"], calls[0]["request"], "a call names its request");
    assert!(requests[0]["ms"].is_u64() && calls[0]["ms"].is_u64());
}

#[tokio::test]
async fn the_level_follows_the_file_unless_the_environment_has_one() {
    let warn = Config::new().echo().common("enkrypt_log_level", json!("warn"));
    let gateway = Gateway::start(&warn).await;
    gateway.batch("echo", json!([{"name": "echo", "args": {"message": "x"}}])).await;
    assert_eq!(gateway.log(), "");
    gateway.write_config(&Config::new().echo().common("enkrypt_log_level", json!("INFO")).text());
    // The level follows the edit by itself; each look makes a request that could be logged.
    let mut logged = false;
    for _ in 0..200 {
        gateway.batch("echo", json!([{"name": "echo", "args": {"message": "x"}}])).await;
        logged = gateway.log().contains("enkrypt_secure_call_tools");
        if logged {
            break;
        }
    }
    assert!(logged, "the edited level is not in force");

    let gateway = Gateway::prepare(&Config::new().echo().text())
        .env("ENKRYPT_LOG_LEVEL", Some("error"))
        .connect()
        .await;
    gateway.write_config(&Config::new().echo().lab(&[]).common("enkrypt_log_level", json!("DEBUG")).text());
    let mut servers = 1;
    for _ in 0..200 {
        let listed = gateway.call(crate::support::LIST, json!({"discover_tools": false})).await.json;
        servers = listed["available_servers"].as_object().expect("servers").len();
        if servers == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(servers, 2, "the edit is in force");
    assert_eq!(gateway.log(), "");
}

#[tokio::test]
async fn nothing_but_messages_is_on_standard_output() {
    let config = Config::new().hostile("banner").timeout("default_timeout", 1.0);
    let mut raw = crate::support::Raw::initialized(
        Gateway::prepare(&config.text()).env("ENKRYPT_LOG_LEVEL", Some("TRACE")),
    )
    .await;
    // `receive` fails on a line that is not JSON.
    for id in 1..5 {
        raw.send_batch(id, "hostile", json!([{"name": "ok"}])).await;
        assert_eq!(raw.receive().await["id"], id);
    }
    eventually("the log has something", || raw.gateway.log().contains("call"));
}

#[tokio::test]
async fn the_log_says_what_failed_and_why() {
    let config = Config::new()
        .keywords(&["whoami"])
        .echo()
        .guarded()
        .hostile("garbage")
        .timeout("default_timeout", 1.0);
    let gateway = Gateway::start(&config).await;
    gateway.batch("echo", json!([{"name": "echo", "args": {"message": "whoami"}}])).await;
    gateway.batch("echo", json!([{"name": "echo", "args": {}}])).await;
    let listed = gateway.call(crate::support::LIST, json!({})).await.json;
    let told = listed["available_servers"]["hostile"]["discovery_error"]["details"].to_string();
    assert!(told.contains("no MCP messages"), "{listed}");
    let log = whole_log(&gateway).await;
    let line = |words: &[&str]| log.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(
        line(&[
            "call request=",
            "server=echo",
            "detectors=\"keyword_detector\"",
            "rules=\"",
            "blocked_keywords["
        ]),
        "{log}"
    );
    assert!(line(&["request request=", "code=\"INVALID_ARGUMENTS\"", "1 failed"]), "{log}");
    assert!(line(&["WARN", "server=hostile", "code=\"TIMEOUT\"", "did not start"]), "{log}");
    assert!(line(&["limit=\"default_timeout\"", "over its time limit"]), "{log}");
}

#[tokio::test]
async fn an_end_in_the_middle_of_a_discovery_is_no_error_of_the_guardrail() {
    let record = Record::new();
    let script = r#"echo "start $$" >> "$0"; echo "starting" >&2; exec sleep 600"#;
    let policy = json!({"enabled": true, "policy_name": "t", "block": ["secrets"]});
    let config = Config::new()
        .server(
            json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script, record.as_str()]}}),
        )
        .with("output_guardrails_policy", policy)
        .provider("local", &json!({}));
    let mut raw = start(&direct(config)).await;
    until("it is asked", || record.count("start") == 1).await;
    raw.close();
    raw.ended().await;
    let log = raw.gateway.log();
    assert!(!log.contains("ERROR") && !log.contains("gave no verdict"), "{log}");
}

#[tokio::test]
async fn a_gateway_that_others_can_reach_warns_of_keys_in_the_clear() {
    const WARNING: &str = "keys travel in the clear";
    let open = |host: &str| {
        let gateway = Gateway::prepare(&Config::new().text()).env("ENKRYPT_GATEWAY_KEY", None);
        Front::open(gateway, &["--host", host])
    };
    let front = open("0.0.0.0");
    eventually("it warns", || front.gateway.log().contains(WARNING));
    let front = open("127.0.0.1");
    assert_eq!(front.send(&Ask::initialize().known()).await.status, 200);
    assert!(!front.gateway.log().contains(WARNING));
}

#[tokio::test]
async fn over_http_a_request_is_logged_with_the_key_that_made_it() {
    let front = Front::start(&Config::new().echo());
    let told = front.send(&Ask::initialize().known()).await;
    let session = told.header("mcp-session-id").expect("a session").to_owned();
    let ask = Ask::request(2, "tools/call", &json!({"name": crate::support::CACHE_STATUS, "arguments": {}}));
    front.send(&ask.known().session(&session)).await;
    let said = "key=\"****7a3b\" user=\"user-1\" project=\"project-1\" tool=\"enkrypt_get_cache_status\"";
    eventually("the request is logged", || front.gateway.log().contains(said));
}
