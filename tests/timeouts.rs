//! Time limits, from the setting to the answer that names it.

use serde_json::{Value, json};

use crate::processes::watch::{Record, until};
use crate::support::{Config, DISCOVER, Gateway, METRICS, Raw};

async fn metrics(gateway: &Gateway) -> Value {
    gateway.call(METRICS, json!({})).await.json["timeout_metrics"].take()
}

/// Nothing goes on that no batch asked for.
fn alone() -> Config {
    Config::new().common("standby_idle_seconds", json!(0))
}

/// A tool as the file can define it in full, so that nobody has to ask the server about it.
fn defined(name: &str) -> Value {
    json!({name: {"name": name, "inputSchema": {"type": "object"}}})
}

#[track_caller]
fn timed_out(result: &Value, setting: &str, after: &str) {
    assert_eq!(result["error_code"], "TIMEOUT", "{result}");
    assert!(result["hint"].as_str().expect("a hint").contains(&format!("`{setting}`")), "{result}");
    assert!(result["message"].as_str().expect("text").contains(after), "{result}");
}

#[tokio::test]
async fn a_discovery_has_a_limit() {
    let config = Config::new().timeout("discovery_timeout", 1.0).lab(&["--list-delay", "60000"]);
    let gateway = Gateway::start(&config).await;
    timed_out(&gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json, "discovery_timeout", "1 s");
    // A batch that has to discover first is under the same limit.
    timed_out(&gateway.batch("lab", json!([{"name": "pid"}])).await.json, "discovery_timeout", "1 s");
}

#[tokio::test]
async fn the_start_of_a_session_has_a_limit() {
    let config = Config::new()
        .timeout("default_timeout", 1.0)
        .lab(&["--start-delay", "60000"])
        .with("tools", defined("pid"));
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "pid"}])).await;
    timed_out(&reply.results()[0], "default_timeout", "did not start");
}

#[tokio::test]
async fn a_call_has_a_limit_and_the_server_is_told() {
    let record = Record::new();
    let config = Config::new().timeout("tool_execution_timeout", 1.0).lab(&["--log", record.as_str()]);
    let gateway = Gateway::start(&config).await;
    let reply =
        gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 60_000}}, {"name": "pid"}])).await;
    timed_out(&reply.results()[0], "tool_execution_timeout", "after 1 s");
    assert_eq!(reply.json["execution_summary"]["not_run_calls"], 1);
    until("the server is told", || record.count("cancelled") == 1).await;
}

#[tokio::test]
async fn progress_starts_the_limit_anew() {
    let gateway = Gateway::start(&alone().timeout("tool_execution_timeout", 1.0).lab(&[])).await;
    let reply = gateway.batch("lab", json!([{"name": "progress", "args": {"steps": 6, "ms": 300}}])).await;
    assert_eq!(reply.response(), "6 steps done", "{}", reply.json);
    let metrics = metrics(&gateway).await;
    assert_eq!(metrics["timeout_operations"], 0, "{metrics}");
    // Longer than the limit, and yet never close to it.
    assert_eq!(
        metrics["escalation_counts"],
        json!({"normal": metrics["total_operations"], "warn": 0, "timeout": 0, "fail": 0})
    );
}

#[tokio::test]
async fn progress_does_not_move_the_hard_end() {
    let config = alone().timeout("tool_execution_timeout", 1.0).timeout("tool_execution_max", 2.0).lab(&[]);
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "progress", "args": {"steps": 600, "ms": 100}}])).await;
    timed_out(&reply.results()[0], "tool_execution_max", "after 2 s");
    let metrics = metrics(&gateway).await;
    assert_eq!(metrics["timeout_operations"], 1, "{metrics}");
    assert_eq!(metrics["escalation_counts"]["timeout"], 1, "{metrics}");
}

#[tokio::test]
async fn the_threshold_moves_the_cut() {
    let config = Config::new().timeout("tool_execution_timeout", 2.0).lab(&[]).edit(|config| {
        config["common_mcp_gateway_config"]["timeout_settings"]["escalation_policies"] =
            json!({"warn_threshold": 0.1, "timeout_threshold": 0.5});
    });
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    timed_out(&reply.results()[0], "tool_execution_timeout", "after 1 s");
}

#[tokio::test]
async fn what_happened_is_counted() {
    let config = alone()
        .timeout("tool_execution_timeout", 2.0)
        .edit(|config| {
            config["common_mcp_gateway_config"]["timeout_settings"]["escalation_policies"] =
                json!({"warn_threshold": 0.2});
        })
        .lab(&[]);
    let gateway = Gateway::start(&config).await;
    gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 600}}])).await;
    let before = metrics(&gateway).await;
    assert_eq!(before["escalation_counts"]["warn"], 1, "{before}");
    assert_eq!(before["timeout_operations"], 0, "{before}");
    gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    let after = metrics(&gateway).await;
    assert_eq!(after["escalation_counts"]["timeout"], 1, "{after}");
    assert_eq!(after["timeout_operations"], 1, "{after}");
    assert_eq!(after["active_operations"], 0, "{after}");
    let counted = |key: &str| after[key].as_u64().expect("a number");
    let sum =
        counted("successful_operations") + counted("timeout_operations") + counted("cancelled_operations");
    assert_eq!(counted("total_operations"), sum, "{after}");
}

#[tokio::test]
async fn what_is_going_on_is_shown_until_it_is_over() {
    let record = Record::new();
    let config = alone().lab(&["--log", record.as_str()]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    until("the call runs", || record.count("call sleep") == 1).await;
    let ask =
        |id: u64| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": METRICS}});
    let object = |answer: &Value| {
        serde_json::from_str::<Value>(answer["result"]["content"][0]["text"].as_str().expect("text"))
            .expect("JSON")
    };
    raw.send(&ask(2)).await;
    let shown = object(&raw.receive().await);
    assert_eq!(shown["timeout_metrics"]["active_operations"], 1, "{shown}");
    let active = shown["active_operations"].as_object().expect("an object");
    assert!(active.keys().all(|id| id.starts_with("tool_execution_")), "{shown}");
    raw.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}))
        .await;
    until("the call is over", || record.alive() == 0).await;
    raw.send(&ask(3)).await;
    let shown = object(&raw.receive().await);
    assert_eq!(shown["timeout_metrics"]["active_operations"], 0, "{shown}");
    assert_eq!(shown["timeout_metrics"]["cancelled_operations"], 1, "{shown}");
}
