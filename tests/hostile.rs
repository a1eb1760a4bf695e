//! Servers that misbehave. Whatever they do is said, in time, and the next server and the next batch work.

use serde_json::{Value, json};

use crate::processes::watch::Record;
use crate::support::{Config, DISCOVER, Gateway, LIST, Reply, server_binary, whole_log};

async fn discover(gateway: &Gateway) -> Reply {
    gateway.call(DISCOVER, json!({"server_name": "hostile"})).await
}

async fn call(gateway: &Gateway, tool: &str, args: Value) -> Reply {
    gateway.batch("hostile", json!([{"name": tool, "args": args}])).await
}

/// The names of the tools that a discovery found.
fn names(reply: &Reply) -> Vec<&str> {
    let tools = reply.json["tools"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {}", reply.json));
    tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect()
}

/// The only result of a batch: an error of this code.
#[track_caller]
fn failed<'a>(reply: &'a Reply, code: &str) -> &'a Value {
    assert_eq!(reply.statuses(), ["error"], "{}", reply.json);
    let result = &reply.results()[0];
    assert_eq!(result["error_code"], code, "{result}");
    result
}

#[track_caller]
fn contains(value: &Value, part: &str) {
    assert!(value.to_string().contains(part), "no {part:?} in {value}");
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_quoted_without_its_secrets() {
    let config = Config::new().hostile("exit").env(json!({"HOSTILE_STDERR": "hunter2-8f3a9c1e7d"}));
    let gateway = Gateway::start(&config).await;
    for reply in [discover(&gateway).await, call(&gateway, "ok", json!({})).await] {
        assert_eq!(reply.json["error_code"], "SERVER_START_FAILED", "{}", reply.json);
        contains(&reply.json["message"], "exit code 3");
        contains(&reply.json["details"], "hostile: cannot start");
        contains(&reply.json["details"], "the reason is");
        assert!(!reply.json.to_string().contains("hunter2"), "{}", reply.json);
    }
    assert!(!gateway.log().contains("hunter2"), "{}", gateway.log());
}

#[tokio::test]
async fn a_server_that_says_nothing_or_nothing_readable_runs_into_the_limit() {
    for mode in ["silent", "garbage"] {
        let config = Config::new().timeout("discovery_timeout", 1.0).hostile(mode);
        let reply = discover(&Gateway::start(&config).await).await;
        assert_eq!(reply.json["error_code"], "TIMEOUT", "{mode}: {}", reply.json);
        contains(&reply.json["hint"], "discovery_timeout");
        contains(&reply.json["message"], "did not start");
        assert_eq!(reply.json["details"].to_string().contains("no MCP messages"), mode == "garbage");
    }
}

#[tokio::test]
async fn noise_between_messages_does_no_harm() {
    for mode in ["banner", "stderr-flood", "banner,stderr-flood"] {
        let gateway = Gateway::start(&Config::new().hostile(mode)).await;
        assert!(names(&discover(&gateway).await).contains(&"ok"), "{mode}");
        assert_eq!(call(&gateway, "ok", json!({})).await.response(), "ok", "{mode}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_to_list_is_quoted() {
    for (mode, code, words) in [
        ("no-tools", "SERVER_PROTOCOL", "Method not found: tools/list"),
        ("no-init", "SERVER_START_FAILED", "not for you"),
    ] {
        let config = Config::new().hostile(mode).env(json!({"HOSTILE_STDERR": "hunter2-8f3a9c1e7d"}));
        let gateway = Gateway::start(&config).await;
        let reply = discover(&gateway).await;
        assert_eq!(reply.json["error_code"], code, "{}", reply.json);
        contains(&reply.json["details"], words);
        let shown = reply.json.to_string();
        assert!(!shown.contains("hunter2") && !shown.contains("\\u001b"), "{shown}");
        assert!(!gateway.log().contains("hunter2"), "{}", gateway.log());
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_left_out_and_not_repeated() {
    let gateway = Gateway::start(&Config::new().hostile("bad-names")).await;
    assert_eq!(names(&discover(&gateway).await), ["ok"]);
    let log = whole_log(&gateway).await;
    assert_eq!(log.matches("left out").count(), 1, "{log}");
    assert!(log.contains("nameless=5") && log.contains("repeated=1"), "{log}");
    assert!(!log.contains("forged"), "{log}");
}

#[tokio::test]
async fn a_list_that_is_too_long_in_all_is_refused() {
    let config = Config::new().common("max_result_bytes", json!(4 << 20)).hostile("big-pages");
    let reply = discover(&Gateway::start(&config).await).await;
    assert_eq!(reply.json["error_code"], "LIMIT_EXCEEDED", "{}", reply.json);
    contains(&reply.json["hint"], "max_result_bytes");
}

#[tokio::test]
async fn a_listed_thing_that_is_no_tool_spoils_no_other() {
    let gateway = Gateway::start(&Config::new().hostile("bad-tools")).await;
    // One without a schema can still be called; one whose name is a number cannot.
    assert_eq!(names(&discover(&gateway).await), ["no_schema", "ok"]);
    assert_eq!(call(&gateway, "ok", json!({})).await.response(), "ok");
}

#[tokio::test]
async fn a_list_that_goes_round_and_round_ends_and_has_each_tool_once() {
    let gateway = Gateway::start(&Config::new().hostile("page-loop")).await;
    let reply = discover(&gateway).await;
    let names = names(&reply);
    assert_eq!(names.iter().filter(|name| **name == "ok").count(), 1, "{names:?}");
    assert_eq!(call(&gateway, "ok", json!({})).await.response(), "ok");
}

#[tokio::test]
async fn a_server_that_dies_in_a_call_takes_only_its_batch_with_it() {
    let gateway = Gateway::start(&Config::new().hostile("").with("tools", json!({}))).await;
    let reply = gateway.batch("hostile", json!([{"name": "ok"}, {"name": "die"}, {"name": "ok"}])).await;
    assert_eq!(reply.statuses(), ["success", "error"], "{}", reply.json);
    assert_eq!(reply.results()[1]["error_code"], "SERVER_CLOSED");
    contains(&reply.results()[1]["message"], "exit code 1");
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
    assert_eq!(call(&gateway, "ok", json!({})).await.response(), "ok");
}

#[tokio::test]
async fn a_dead_server_ends_a_batch_that_would_go_on() {
    let gateway =
        Gateway::start(&Config::new().common("enkrypt_on_failure", json!("continue")).hostile("")).await;
    let reply = gateway.batch("hostile", json!([{"name": "die"}, {"name": "ok"}])).await;
    failed(&reply, "SERVER_CLOSED");
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
}

#[tokio::test]
async fn a_call_without_an_answer_runs_into_the_limit() {
    let gateway = Gateway::start(&Config::new().timeout("tool_execution_timeout", 1.0).hostile("")).await;
    contains(&failed(&call(&gateway, "hang", json!({})).await, "TIMEOUT")["hint"], "tool_execution_timeout");
    // A line that breaks off says not even whose answer it was.
    contains(
        &failed(&call(&gateway, "malformed", json!({"kind": "not-json"})).await, "TIMEOUT")["hint"],
        "tool_execution_timeout",
    );
}

/// The time limit is a minute here and a test's patience much less: these answers come at once.
#[tokio::test]
async fn an_answer_that_breaks_the_protocol_fails_its_call_at_once() {
    let gateway = Gateway::start(&Config::new().hostile("")).await;
    for kind in ["bad-id", "bad-error", "no-result", "result-type", "bad-content"] {
        let reply = call(&gateway, "malformed", json!({"kind": kind})).await;
        contains(&failed(&reply, "SERVER_PROTOCOL")["message"], "broke the protocol");
    }
    // Only the version is missing: nothing is lost.
    assert_eq!(call(&gateway, "malformed", json!({"kind": "no-jsonrpc"})).await.response(), "ok");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_at_once_and_the_next_one_read() {
    let gateway = Gateway::start(&Config::new().hostile("")).await;
    let reply = call(&gateway, "huge", json!({"mb": 40})).await;
    contains(&failed(&reply, "LIMIT_EXCEEDED")["hint"], "max_result_bytes");
    assert_eq!(call(&gateway, "huge", json!({"mb": 2})).await.response().len(), 2 << 20);
}

#[tokio::test]
async fn answers_to_what_nobody_asked_are_passed_over() {
    let gateway = Gateway::start(&Config::new().hostile("")).await;
    assert_eq!(call(&gateway, "wrong-id", json!({})).await.response(), "ok");
    assert_eq!(call(&gateway, "late", json!({"ms": 50})).await.response(), "late");
}

#[tokio::test]
async fn an_answer_after_the_limit_is_not_taken_for_the_next_calls() {
    let config = Config::new()
        .timeout("tool_execution_timeout", 1.0)
        .common("enkrypt_on_failure", json!("continue"))
        .hostile("");
    let gateway = Gateway::start(&config).await;
    let calls = json!([{"name": "late", "args": {"ms": 1_300}}, {"name": "late", "args": {"ms": 600}}, {"name": "ok"}]);
    let reply = gateway.batch("hostile", calls).await;
    assert_eq!(reply.statuses(), ["error", "success", "success"], "{}", reply.json);
    assert_eq!(reply.results()[0]["error_code"], "TIMEOUT");
    assert_eq!(reply.results()[2]["response"], "ok", "{}", reply.json);
}

#[tokio::test]
async fn a_server_that_stops_reading_holds_up_nothing() {
    let config = Config::new()
        .timeout("tool_execution_timeout", 1.0)
        .common("enkrypt_on_failure", json!("continue"))
        .hostile("ignore-eof");
    let gateway = Gateway::start(&config).await;
    // Larger than a pipe: the second call cannot even be sent.
    let calls =
        json!([{"name": "deaf"}, {"name": "ok", "args": {"filler": "x".repeat(1 << 20)}}, {"name": "ok"}]);
    let reply = gateway.batch("hostile", calls).await;
    assert_eq!(reply.statuses(), ["success", "error", "error"], "{}", reply.json);
    for result in &reply.results()[1..] {
        assert_eq!(result["error_code"], "TIMEOUT", "{result}");
    }
    assert_eq!(call(&gateway, "ok", json!({})).await.response(), "ok");
}

#[tokio::test]
async fn one_bad_server_delays_no_other() {
    let hostile = |name: &str, mode: &str| json!({"server_name": name, "config": {"command": server_binary("hostile_mcp"), "args": [mode]}});
    let config = Config::new()
        // One after the other they would be out of patience.
        .timeout("discovery_timeout", 6.0)
        .lab(&[])
        .server(hostile("silent", "silent,ignore-term"))
        .server(json!({"server_name": "slow", "config": {"command": server_binary("lab_mcp"), "args": ["--start-delay", "60000"]}}))
        .server(hostile("exit", "exit"))
        .server(hostile("garbage", "garbage"))
        .server(hostile("loop", "page-loop,banner"))
        .server(json!({"server_name": "missing", "config": {"command": "no-such-program-anywhere"}}))
        .echo();
    let gateway = Gateway::start(&config).await;
    let (all, one) = tokio::join!(
        gateway.call(LIST, json!({})),
        gateway.batch("echo", json!([{"name": "echo", "args": {"message": "hi"}}]))
    );
    assert_eq!(one.statuses(), ["success"], "{}", one.json);
    assert_eq!(all.json["discovery_success_servers"], json!(["lab", "loop", "echo"]), "{}", all.json);
    assert_eq!(all.json["discovery_failed_servers"], json!(["silent", "slow", "exit", "garbage", "missing"]));
    for (name, code) in [
        ("silent", "TIMEOUT"),
        ("slow", "TIMEOUT"),
        ("exit", "SERVER_START_FAILED"),
        ("missing", "SERVER_START_FAILED"),
    ] {
        assert_eq!(all.json["available_servers"][name]["discovery_error"]["error_code"], code, "{name}");
    }
}

#[tokio::test]
async fn fifty_batches_at_once_get_their_own_answers() {
    let record = Record::new();
    let config = Config::new().common("standby_idle_seconds", json!(0)).lab(&["--log", record.as_str()]);
    let gateway = Gateway::start(&config).await;
    let batches = (0..50).map(|n| {
        let gateway = &gateway;
        async move {
            let message = format!("number {n}");
            let reply = gateway.batch("lab", json!([{"name": "echo", "args": {"message": message}}])).await;
            assert_eq!(reply.response(), message, "{}", reply.json);
        }
    });
    futures_util::future::join_all(batches).await;
    assert_eq!(record.count("start"), 51, "one discovery, and a process for each batch");
}

#[tokio::test]
async fn a_server_that_hangs_is_quoted_too() {
    let config = Config::new().timeout("discovery_timeout", 1.0).server(json!({
        "server_name": "hostile",
        "config": {"command": "sh", "args": ["-c", "echo please log in first >&2; cat > /dev/null"]},
    }));
    let reply = discover(&Gateway::start(&config).await).await;
    assert_eq!(reply.json["error_code"], "TIMEOUT", "{}", reply.json);
    contains(&reply.json["details"], "please log in first");
}
