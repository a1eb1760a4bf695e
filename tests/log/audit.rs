//! The log as a record of who called what, and of what the guardrails made of it.

use serde_json::{Value, json};

use crate::support::{Ask, Config, DISCOVER, Front, Gateway, KEY, SECURE_CALL, eventually, whole_log};

const OTHER: &str = "other-key-000000009e7a3b";

fn lines(log: &str, message: &str) -> Vec<Value> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == message).collect()
}

async fn started(config: &Config) -> Gateway {
    Gateway::prepare(&config.text()).env("ENKRYPT_LOG_FORMAT", Some("json")).connect().await
}

fn policy(action: &str) -> Value {
    json!({"enabled": true, "block": ["keyword_detector"], "action": {"keyword_detector": action}})
}

#[tokio::test]
async fn every_call_says_who_made_it_and_what_the_guardrails_found() {
    let config = Config::new()
        .keywords(&["kestrel"])
        .echo()
        .with("input_guardrails_policy", policy("warn"))
        .with("output_guardrails_policy", policy("block"))
        .lab(&[])
        .guarded()
        .with("denied_tools", json!(["fail"]));
    let gateway = started(&config).await;
    gateway.batch("echo", json!([{"name": "echo", "args": {"message": "a kestrel"}}])).await;
    gateway.batch("lab", json!([{"name": "echo", "args": {"message": "kestrel"}}])).await;
    gateway.batch("lab", json!([{"name": "fail", "args": {}}])).await;
    gateway.batch("lab", json!([{"name": "no_such_tool"}, {"name": "a word of mine: kestrel"}])).await;
    gateway.batch("lab", json!([{"name": "echo", "args": {"message": 7}}])).await;
    gateway.batch("a word of mine", json!([{"name": "echo"}])).await;
    gateway.batch("lab", json!(vec![json!({"name": "echo"}); 101])).await;
    let log = whole_log(&gateway).await;
    let calls = lines(&log, "call");
    let seen: Vec<_> = calls
        .iter()
        .map(|call| {
            let text = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
            (text("server"), text("tool"), text("outcome"), text("code"), text("level"))
        })
        .collect();
    let row = |server: &str, tool: &str, outcome: &str, code: &str, level: &str| {
        (server.to_owned(), tool.to_owned(), outcome.to_owned(), code.to_owned(), level.to_owned())
    };
    assert_eq!(
        seen,
        [
            row("echo", "echo", "blocked_output", "GUARDRAIL_VIOLATION", "WARN"),
            row("lab", "echo", "blocked_input", "GUARDRAIL_VIOLATION", "WARN"),
            row("lab", "fail", "denied", "TOOL_DENIED", "WARN"),
            row("lab", "(unknown, 12 characters)", "error", "TOOL_NOT_FOUND", "INFO"),
            row("lab", "(unknown, 23 characters)", "error", "TOOL_NOT_FOUND", "INFO"),
            row("lab", "echo", "error", "INVALID_ARGUMENTS", "INFO"),
            row("(unknown, 14 characters)", "", "error", "SERVER_NOT_FOUND", "INFO"),
            row("lab", "", "error", "LIMIT_EXCEEDED", "INFO"),
        ],
        "{log}"
    );
    for call in &calls {
        assert_eq!(
            (&call["user"], &call["project"], &call["key"]),
            (&json!("user-1"), &json!("project-1"), &json!("****7a3b")),
            "{call}"
        );
        assert!(call["request"].as_str().is_some_and(|id| id.len() == 16), "{call}");
    }
    // Both verdicts: a warning of the arguments, a block of the result.
    assert_eq!(
        (&calls[0]["warned"], &calls[0]["detectors"]),
        (&json!("keyword_detector (warn)"), &json!("keyword_detector")),
        "{log}"
    );
    assert!(calls[0]["warned_rules"].as_str().is_some_and(|rules| rules.contains("blocked_keywords[0]")));
    assert_eq!(calls[1]["detectors"], "keyword_detector");
    assert!(!log.contains("kestrel") && !log.contains("a word of mine"), "{log}");
}

#[tokio::test]
async fn a_call_by_a_direct_name_that_nobody_has_is_said() {
    let broken = json!({"server_name": "broken", "config": {"command": "/nowhere/kestrel", "args": []}});
    let config = Config::new().lab(&[]).server(broken).common("tool_exposure", json!("both"));
    let gateway = started(&config).await;
    for name in ["lab__kestrel", "broken__say", "kestrel"] {
        assert!(gateway.try_call(name, json!({})).await.is_err() || name == "broken__say", "{name}");
    }
    let log = whole_log(&gateway).await;
    let calls = lines(&log, "call");
    let seen: Vec<_> = calls.iter().map(|call| (&call["server"], &call["tool"], &call["code"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("lab"), &json!("(unknown, 12 characters)"), &json!("TOOL_NOT_FOUND")),
            (&json!("broken"), &json!("(unknown, 11 characters)"), &json!("SERVER_START_FAILED")),
            (&json!("(unknown)"), &json!("(unknown, 7 characters)"), &json!("TOOL_NOT_FOUND")),
        ],
        "{log}"
    );
    assert!(calls.iter().all(|call| call["user"] == "user-1" && call["request"].is_string()), "{log}");
    assert!(!calls.iter().any(|call| call.to_string().contains("kestrel")), "{log}");
}

#[tokio::test]
async fn what_was_stopped_is_a_warning_and_a_poisoned_tool_is_said_once() {
    let config = Config::new()
        .keywords(&["kestrel", "repeats the message"])
        .lab(&[])
        .guarded()
        .with("tool_guardrails_policy", json!({"enabled": true, "block": ["keyword_detector"]}))
        .with("denied_tools", json!(["fail"]))
        .common("enkrypt_log_level", json!("WARN"));
    let gateway = started(&config).await;
    for _ in 0..3 {
        gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
    }
    gateway.batch("lab", json!([{"name": "big", "args": {"text": "kestrel"}}])).await;
    gateway.batch("lab", json!([{"name": "echo", "args": {"message": "x"}}])).await;
    gateway.batch("lab", json!([{"name": "fail"}])).await;
    eventually("the calls are logged", || lines(&gateway.log(), "call").len() >= 2);
    let log = gateway.log();
    let away = lines(&log, "kept away by the registration policy");
    assert_eq!(away.len(), 1, "{log}");
    assert_eq!(
        (&away[0]["server"], &away[0]["what"], &away[0]["name"]),
        (&json!("lab"), &json!("tool"), &json!("echo"))
    );
    assert!(away[0]["rules"].as_str().is_some_and(|rules| rules.contains("blocked_keywords[1]")), "{log}");
    let codes: Vec<_> = lines(&log, "call").iter().map(|call| call["code"].clone()).collect();
    assert!(codes.contains(&json!("TOOL_BLOCKED")) && codes.contains(&json!("TOOL_DENIED")), "{log}");
    assert!(!log.to_lowercase().contains("repeats the message"), "{log}");
}

#[tokio::test]
async fn a_server_that_is_kept_away_is_said_with_its_calls() {
    let config = Config::new()
        .keywords(&["kestrel"])
        .lab(&[])
        .with("description", json!("a kestrel"))
        .with("tool_guardrails_policy", json!({"enabled": true, "block": ["keyword_detector"]}));
    let gateway = started(&config).await;
    for _ in 0..2 {
        gateway.batch("lab", json!([{"name": "pid"}])).await;
    }
    let log = whole_log(&gateway).await;
    let away = lines(&log, "kept away by the registration policy");
    assert_eq!((away.len(), &away[0]["what"]), (1, &json!("server")), "{log}");
    let calls = lines(&log, "call");
    assert_eq!(
        (calls.len(), &calls[0]["code"], &calls[0]["level"]),
        (2, &json!("SERVER_BLOCKED"), &json!("WARN"))
    );
    assert!(!log.contains("kestrel"), "{log}");
}

#[tokio::test]
async fn why_a_server_does_not_start_is_said_also_when_its_tools_are_known() {
    let config = Config::new().server(json!({
        "server_name": "gone",
        "config": {"command": "no-such-command-here"},
        "tools": {"x": {"name": "x", "inputSchema": {"type": "object"}}},
    }));
    let gateway = started(&config).await;
    gateway.batch("gone", json!([{"name": "x"}])).await;
    let log = whole_log(&gateway).await;
    let said = lines(&log, "could not call the server");
    assert_eq!(said.len(), 1, "{log}");
    assert_eq!((&said[0]["server"], &said[0]["level"]), (&json!("gone"), &json!("WARN")));
    assert!(said[0]["error"].as_str().is_some_and(|why| why.contains("no-such-command-here")), "{log}");
    assert_eq!(lines(&log, "call")[0]["code"], "SERVER_START_FAILED", "{log}");
}

#[tokio::test]
async fn a_limit_that_is_passed_is_said_with_request_server_and_tool() {
    let gateway = started(&Config::new().lab(&[]).timeout("tool_execution_timeout", 0.3)).await;
    gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    let log = whole_log(&gateway).await;
    let over = &lines(&log, "over its time limit")[0];
    assert_eq!(
        (&over["server"], &over["tool"], &over["limit"]),
        (&json!("lab"), &json!("sleep"), &json!("tool_execution_timeout")),
        "{log}"
    );
    assert_eq!(over["request"], lines(&log, "call")[0]["request"]);
}

#[tokio::test]
async fn keys_that_end_alike_are_told_apart() {
    let config = Config::new().lab(&[]).edit(|file| {
        file["users"]["user-2"] = json!({});
        file["projects"]["project-1"]["users"] = json!(["user-1", "user-2"]);
        file["apikeys"][OTHER] = json!({"project_id": "project-1", "user_id": "user-2"});
    });
    let front = Front::open(
        Gateway::prepare(&config.text())
            .env("ENKRYPT_GATEWAY_KEY", None)
            .env("ENKRYPT_LOG_FORMAT", Some("json")),
        &[],
    );
    for key in [KEY, OTHER] {
        let calls = json!({"server_name": "lab", "tool_calls": [{"name": "pid"}]});
        let ask = Ask::modern(1, "tools/call", json!({"name": SECURE_CALL, "arguments": calls}));
        assert_eq!(front.send(&ask.key(key)).await.status, 200);
    }
    eventually("both are logged", || lines(&front.gateway.log(), "call").len() == 2);
    let log = front.gateway.log();
    for message in ["call", "request"] {
        let who: Vec<_> =
            lines(&log, message).iter().map(|line| (line["key"].clone(), line["user"].clone())).collect();
        assert_eq!((&who[0].1, &who[1].1), (&json!("user-1"), &json!("user-2")), "{log}");
        assert_ne!(who[0].0, who[1].0, "{log}");
        assert!(who[0].0.as_str().is_some_and(|key| key.starts_with("****7a3b (sha256:")), "{log}");
    }
    let (_, shown, _) = Gateway::prepare(&config.text()).run(&["config", "check"]).await;
    let hint = lines(&log, "call")[0]["key"].as_str().expect("a hint").to_owned();
    assert!(shown.contains(&hint), "{shown}");
}

#[tokio::test]
async fn a_key_that_is_sent_as_a_name_is_not_written() {
    let config = Config::new().lab(&[]).common("tool_exposure", json!("both"));
    let gateway = started(&config).await;
    gateway.batch("lab", json!([{"name": OTHER}])).await;
    gateway.batch(OTHER, json!([{"name": "echo"}])).await;
    let _ = gateway.try_call(&format!("lab__{OTHER}"), json!({})).await;
    let log = whole_log(&gateway).await;
    assert!(lines(&log, "request").len() >= 2 && !log.contains(OTHER), "{log}");
}
