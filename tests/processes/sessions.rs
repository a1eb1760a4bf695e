//! Sessions come and go with their batches, where none is opened in advance.

use std::time::Duration;

use serde_json::{Value, json};

use super::watch::{Record, children, until, watchdog};
use crate::support::{Config, DISCOVER, Gateway, Raw};

/// The lab server, which writes to `record`.
fn lab(record: &Record) -> Config {
    alone().lab(&["--log", record.as_str()])
}

/// Without standbys.
fn alone() -> Config {
    Config::new().common("standby_idle_seconds", json!(0))
}

fn cancelled(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id, "reason": "enough"}})
}

#[tokio::test]
async fn the_process_goes_with_its_batch_whatever_became_of_it() {
    let record = Record::new();
    let config = lab(&record).keywords(&["embedded text"]).guarded().timeout("tool_execution_timeout", 1.0);
    let gateway = Gateway::start(&config).await;
    for (calls, status) in [
        (json!([{"name": "pid"}]), "success"),
        (json!([{"name": "fail", "args": {"message": "no"}}]), "error"),
        (json!([{"name": "rpc_error"}]), "error"),
        (json!([{"name": "media"}]), "blocked_output"),
        (json!([{"name": "sleep", "args": {"ms": 60_000}}]), "error"),
    ] {
        let reply = gateway.batch("lab", calls).await;
        assert_eq!(reply.statuses(), [status], "{}", reply.json);
        until("no process is left", || record.alive() == 0).await;
    }
    // One for the discovery, then one per batch.
    assert_eq!(record.count("start"), 6, "{}", record.text());
    assert_eq!(record.count("cancelled"), 1, "a call that timed out is cancelled: {}", record.text());
    // Each went because its input ended, without a signal.
    assert_eq!(record.count("eof"), 6, "{}", record.text());
}

#[tokio::test]
async fn a_cancelled_batch_is_not_answered_and_does_not_go_on() {
    let record = Record::new();
    let config = lab(&record).common("enkrypt_on_failure", json!("continue"));
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}, {"name": "pid"}])).await;
    until("the call runs", || record.count("call sleep") == 1).await;
    raw.send(&cancelled(1)).await;
    until("the server is told", || record.count("cancelled") == 1).await;
    until("its process is gone", || record.alive() == 0).await;
    raw.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "ping"})).await;
    assert_eq!(raw.receive().await["id"], 2, "a cancelled request gets no response");
    assert_eq!(record.count("call pid"), 0, "{}", record.text());
    raw.send_batch(3, "lab", json!([{"name": "pid"}])).await;
    assert_eq!(raw.receive().await["id"], 3);
    // To the very end nothing is said about the first.
    raw.close();
    assert_eq!(raw.receive_within(Duration::from_secs(20)).await, None);
}

#[tokio::test]
async fn a_cancelled_start_leaves_no_process() {
    let record = Record::new();
    let config = Config::new().lab(&["--log", record.as_str(), "--start-delay", "60000"]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "pid"}])).await;
    until("the server starts", || record.alive() == 1).await;
    raw.send(&cancelled(1)).await;
    until("its process is gone", || record.alive() == 0).await;
}

#[tokio::test]
async fn an_impatient_asker_does_not_spoil_the_answer_of_another() {
    let record = Record::new();
    let config = Config::new().lab(&["--log", record.as_str(), "--list-delay", "300"]);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "pid"}])).await;
    until("the discovery runs", || record.alive() == 1).await;
    raw.send_batch(2, "lab", json!([{"name": "pid"}])).await;
    raw.send(&cancelled(1)).await;
    let answer = raw.receive().await;
    assert_eq!(answer["id"], 2);
    assert_eq!(answer["result"]["isError"], false, "{answer}");
}

#[tokio::test]
async fn many_batches_leave_no_child() {
    let gateway = Gateway::start(&alone().lab(&[])).await;
    for _ in 0..200 {
        gateway.batch("lab", json!([{"name": "pid"}])).await;
    }
    // A child that ended and was not waited for would still be listed.
    let pid = gateway.pid();
    until("only the watchdog is left", || children(pid) == watchdog(pid).into_iter().collect::<Vec<_>>())
        .await;
}

#[tokio::test]
async fn batches_on_one_server_run_side_by_side() {
    let record = Record::new();
    let mut raw = Raw::initialized(Gateway::prepare(&lab(&record).text())).await;
    for id in [1, 2] {
        raw.send_batch(id, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    }
    until("both sleep at once", || record.count("call sleep") == 2 && record.alive() == 2).await;
    assert_eq!(record.count("start"), 3, "one discovery, two batches: {}", record.text());
}

#[tokio::test]
async fn past_max_sessions_the_answer_names_the_key() {
    let record = Record::new();
    let config = lab(&record).common("max_sessions", json!(1));
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    until("a session is held", || record.count("call sleep") == 1).await;
    raw.send_batch(2, "lab", json!([{"name": "pid"}])).await;
    let answer = raw.receive().await.to_string();
    assert!(answer.contains("LIMIT_EXCEEDED") && answer.contains("`max_sessions`"), "{answer}");
    raw.send(&cancelled(1)).await;
    until("the place is free", || record.count("cancelled") == 1).await;
    raw.send_batch(3, "lab", json!([{"name": "pid"}])).await;
    let answer = raw.receive().await;
    assert_eq!((&answer["id"], &answer["result"]["isError"]), (&json!(3), &json!(false)), "{answer}");
}

#[tokio::test]
async fn one_batch_after_the_other_needs_one_place_only() {
    // A server that is slow to leave keeps its place; the next batch waits for it.
    let config = Config::new().common("max_sessions", json!(1)).hostile("ignore-eof");
    let gateway = Gateway::start(&config).await;
    for _ in 0..3 {
        let reply = gateway.batch("hostile", json!([{"name": "ok"}])).await;
        assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    }
}

#[tokio::test]
async fn ten_who_ask_at_once_start_one_server_once() {
    let record = Record::new();
    let config = Config::new().lab(&["--log", record.as_str(), "--list-delay", "100"]);
    let gateway = Gateway::start(&config).await;
    let asked = (0..10).map(|_| gateway.call(DISCOVER, json!({"server_name": "lab"})));
    for reply in futures_util::future::join_all(asked).await {
        assert_eq!(reply.json["status"], "success", "{}", reply.json);
    }
    assert_eq!(record.count("start"), 1, "{}", record.text());
}
