//! Sessions that nobody uses when the gateway ends: none survives either.

use serde_json::{Value, json};

use super::watch::{Record, signal, until, watchdog};
use super::{SOON, WAYS, Way, hostile, server};
use crate::support::{Config, Gateway, Raw, alive, server_binary};

/// A batch has been, what is left of it is there, the gateway ends, and nothing is left.
async fn nothing_survives(config: Config, record: Record, (starts, processes): (usize, usize), way: Way) {
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "hostile", json!([{"name": "ok"}])).await;
    let answer = raw.receive().await;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    until("what waits is there alone", || record.pids().len() == starts && record.alive() == processes).await;
    let gateway = raw.child.id().expect("it runs");
    let watchdog = watchdog(gateway).expect("a watchdog");
    match way {
        Way::EndOfInput => raw.close(),
        Way::Signal(way) => signal(gateway, way),
    }
    let (_, took) = raw.ended().await;
    assert!(took < SOON, "{way:?}: the end took {took:?}");
    if way != Way::Signal(rustix::process::Signal::KILL) {
        assert_eq!(record.alive(), 0, "{way:?}: {}", record.text());
    }
    until("they are gone, and the watchdog", || record.alive() == 0 && !alive(watchdog)).await;
}

async fn nothing_survives_any_end(expected: (usize, usize), config: impl Fn(&Record) -> Config) {
    let ends = WAYS.map(|way| {
        let record = Record::new();
        nothing_survives(config(&record), record, expected, way)
    });
    futures_util::future::join_all(ends).await;
}

fn defined() -> Value {
    json!({"ok": {"name": "ok", "inputSchema": {"type": "object"}}})
}

#[tokio::test]
async fn a_standby_does_not_survive() {
    nothing_survives_any_end((2, 1), |record| hostile("", record).with("tools", defined())).await;
}

#[tokio::test]
async fn a_kept_session_does_not_survive() {
    nothing_survives_any_end((1, 1), |record| {
        hostile("ignore-eof,ignore-term", record).with("tools", defined()).with("session_mode", json!("keep"))
    })
    .await;
}

#[tokio::test]
async fn a_standby_that_is_being_opened_does_not_survive() {
    let script = r#"if mkdir "$HOSTILE_PIDFILE.once" 2>/dev/null; then exec "$0"; else exec "$0" silent,ignore-term; fi"#;
    let args = json!(["-c", script, server_binary("hostile_mcp")]);
    nothing_survives_any_end((2, 1), |record| server("sh", &args, record).with("tools", defined())).await;
}
