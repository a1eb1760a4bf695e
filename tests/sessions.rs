//! Sessions that wait for their next batch: standbys, and those that are kept.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::direct::{self, Script};
use crate::processes::watch::{self, Record, children, signal, signalled, until, watchdog};
use crate::support::{
    CLEAR_CACHE, Config, DISCOVER, Gateway, Raw, alive, eventually, server_binary, whole_log,
};

/// The lab server, which writes to `record`.
fn lab(record: &Record) -> Config {
    Config::new().lab(&["--log", record.as_str()])
}

fn keep(record: &Record) -> Config {
    lab(record).with("session_mode", json!("keep"))
}

async fn ask(gateway: &Gateway, tool: &str) -> String {
    let reply = gateway.batch("lab", json!([{"name": tool}])).await;
    assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
    reply.response().to_owned()
}

async fn pid(gateway: &Gateway) -> u32 {
    ask(gateway, "pid").await.parse().expect("a pid")
}

/// Waits until a standby is there: the last of so many processes, and the only one alive.
async fn standby(record: &Record, starts: usize) -> u32 {
    until("a standby waits alone", || record.count("start") == starts && record.alive() == 1).await;
    *record.pids().last().expect("a pid")
}

fn edit(gateway: &Gateway, config: &Config) {
    gateway.write_config(&config.text());
    eventually("the edit is taken", || gateway.log().contains("the new one is in force"));
}

fn cancelled(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
}

#[tokio::test]
async fn the_first_discovery_and_the_first_batch_start_the_server_once() {
    for config in [lab, keep] {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record)).await;
        gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        assert_eq!(record.pids().len(), 1);
        assert_eq!(pid(&gateway).await, record.pids()[0]);
        // The same where the batch itself discovers.
        let record = Record::new();
        let gateway = Gateway::start(&config(&record)).await;
        assert_eq!(pid(&gateway).await, record.pids()[0]);
    }
}

#[tokio::test]
async fn a_batch_gets_the_standby_and_nothing_of_the_batch_before() {
    let record = Record::new();
    let gateway = Gateway::start(&lab(&record)).await;
    for batch in 1..5 {
        let reply = gateway.batch("lab", json!([{"name": "counter"}, {"name": "pid"}])).await;
        assert_eq!(reply.response(), "1", "each batch counts from the start");
        let used = reply.results()[1]["response"].as_str().expect("text");
        assert_eq!(record.pids()[batch - 1].to_string(), used, "{}", record.text());
        standby(&record, batch + 1).await;
    }
}

#[tokio::test]
async fn a_batch_that_comes_while_its_standby_starts_takes_it_over() {
    let record = Record::new();
    let config = Config::new().lab(&["--log", record.as_str(), "--start-delay", "400"]);
    let gateway = Gateway::start(&config).await;
    pid(&gateway).await;
    until("the standby starts", || record.count("start") == 2).await;
    assert_eq!(pid(&gateway).await, record.pids()[1]);
}

#[tokio::test]
async fn state_is_kept_where_that_is_wanted() {
    let record = Record::new();
    let gateway = Gateway::start(&keep(&record)).await;
    for count in 1..4 {
        assert_eq!(ask(&gateway, "counter").await, count.to_string());
    }
    // A discovery asks the session that is there.
    gateway.call(CLEAR_CACHE, json!({"cache_type": "gateway_config"})).await;
    assert_eq!(ask(&gateway, "counter").await, "4");
    assert_eq!(record.count("start"), 1, "{}", record.text());
}

#[tokio::test]
async fn to_be_asked_what_it_has_is_no_use_of_a_kept_session() {
    let changed = json!([
        {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"},
        {"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"},
    ]);
    let tools = json!([{"name": "x", "inputSchema": {"type": "object"}}]);
    // It has something else after every question.
    let script = Script::new(&json!({
        "capabilities": {"tools": {"listChanged": true}, "prompts": {"listChanged": true}},
        "answers": [
            {"method": "tools/list", "result": {"tools": tools}, "after": changed},
            {"method": "prompts/list", "result": {"prompts": []}, "after": changed},
            {"method": "tools/call", "result": {"content": []}},
        ],
    }));
    let config =
        direct::direct(Config::new().server(script.server("s"))).common("session_idle_seconds", json!(2));
    let mut raw = direct::start(&config).await;
    direct::ask(&mut raw, "tools/list", json!({})).await;
    direct::ask(&mut raw, "prompts/list", json!({})).await;
    direct::ask(&mut raw, "tools/call", json!({"name": "s__x", "arguments": {}})).await;
    let gateway = raw.child.id().expect("running");
    let servers = || children(gateway).into_iter().filter(|pid| Some(*pid) != watchdog(gateway)).count();
    assert_eq!(servers(), 1);
    eventually("it is asked again and again", || script.asked("tools/list").len() > 2);
    eventually("nobody uses it", || servers() == 0);
}

#[tokio::test]
async fn sessions_close_when_their_time_is_over() {
    for (config, key) in
        [(lab as fn(&Record) -> Config, "standby_idle_seconds"), (keep, "session_idle_seconds")]
    {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record).with(key, json!(0.4))).await;
        for _ in 0..2 {
            assert_eq!(ask(&gateway, "counter").await, "1");
            until("one waits", || record.alive() == 1).await;
            until("none waits any more", || record.alive() == 0).await;
        }
        assert_eq!(record.count("eof"), record.count("start"), "{}", record.text());
    }
}

#[tokio::test]
async fn no_standby_is_opened_where_that_is_switched_off() {
    let record = Record::new();
    let gateway = Gateway::start(&lab(&record).common("standby_idle_seconds", json!(0))).await;
    for _ in 0..2 {
        pid(&gateway).await;
        until("nothing waits", || record.alive() == 0).await;
    }
    assert_eq!(record.count("start"), 3, "one discovery, two batches: {}", record.text());
}

#[tokio::test]
async fn clearing_the_cache_closes_what_waits() {
    for config in [lab, keep] {
        for cleared in [json!({"server_name": "lab"}), json!({"cache_type": "server_config"}), json!({})] {
            let record = Record::new();
            let gateway = Gateway::start(&config(&record)).await;
            gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
            assert_eq!(record.alive(), 1);
            gateway.call(CLEAR_CACHE, cleared).await;
            until("it is closed", || record.alive() == 0).await;
        }
        // Not by clearing something else.
        let record = Record::new();
        let gateway = Gateway::start(&config(&record).echo()).await;
        gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        gateway.call(CLEAR_CACHE, json!({"server_name": "echo"})).await;
        assert_eq!(pid(&gateway).await, record.pids()[0]);
    }
}

#[tokio::test]
async fn a_session_in_use_ends_after_its_use_when_its_cache_is_cleared() {
    let record = Record::new();
    let mut raw = Raw::initialized(Gateway::prepare(&keep(&record).text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    until("it is in use", || record.count("call sleep") == 1).await;
    let clear = json!({"name": CLEAR_CACHE, "arguments": {"server_name": "lab"}});
    raw.send(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": clear})).await;
    assert_eq!(raw.receive().await["id"], 2);
    assert_eq!(record.alive(), 1);
    raw.send(&cancelled(1)).await;
    until("it is closed", || record.alive() == 0).await;
    assert_eq!(record.count("cancelled"), 1, "{}", record.text());
}

#[tokio::test]
async fn an_edit_replaces_what_waits() {
    for config in [lab, keep] {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record).env(json!({"LAB_ONE": "before"}))).await;
        pid(&gateway).await;
        until("one waits", || record.alive() == 1).await;
        let old = record.pids();
        edit(&gateway, &config(&record).env(json!({"LAB_ONE": "after"})));
        let asking = json!([{"name": "env", "args": {"name": "LAB_ONE"}}, {"name": "counter"}]);
        let reply = gateway.batch("lab", asking).await;
        assert_eq!(reply.response(), "after");
        assert_eq!(reply.results()[1]["response"], "1");
        until("the old ones are gone", || !old.iter().any(|pid| alive(*pid))).await;
    }
}

#[tokio::test]
async fn a_session_that_died_while_it_waited_is_nobodys_error() {
    for config in [lab, keep] {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record)).await;
        for _ in 0..5 {
            assert_eq!(ask(&gateway, "counter").await, "1");
            let mut waiting = 0;
            // The one that is alive may be the one that answered, and on its way out.
            until("one waits, and is killed", || {
                waiting = *record.pids().last().expect("a pid");
                record.alive() == 1 && signalled(waiting, Signal::KILL)
            })
            .await;
            until("it is dead", || !alive(waiting)).await;
        }
        assert_eq!(ask(&gateway, "counter").await, "1");
    }
}

#[tokio::test]
async fn a_session_that_died_while_it_waited_leaves_nothing_behind() {
    for config in [lab, keep] {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record)).await;
        gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
        signal(record.pids()[0], Signal::KILL);
        // A child that was not waited for would still be listed.
        let pid = gateway.pid();
        until("only the watchdog is left", || children(pid) == watchdog(pid).into_iter().collect::<Vec<_>>())
            .await;
    }
}

#[tokio::test]
async fn a_session_is_kept_after_a_call_that_timed_out_and_not_after_one_that_broke_it() {
    let record = Record::new();
    let gateway = Gateway::start(&keep(&record).timeout("tool_execution_timeout", 0.5)).await;
    assert_eq!(ask(&gateway, "counter").await, "1");
    let reply = gateway.batch("lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    assert_eq!(reply.results()[0]["error_code"], "TIMEOUT", "{}", reply.json);
    assert_eq!(ask(&gateway, "counter").await, "2");

    let pids = Record::new();
    let config = Config::new().hostile("").env(json!({"HOSTILE_PIDFILE": pids.as_str()}));
    let gateway = Gateway::start(&config.with("session_mode", json!("keep"))).await;
    // An answer that is none is one answer, and what the server remembers outlives it.
    for (broken, more) in
        [(json!({"name": "malformed", "args": {"kind": "no-result"}}), 0), (json!({"name": "die"}), 1)]
    {
        assert_eq!(gateway.batch("hostile", json!([{"name": "ok"}])).await.statuses(), ["success"]);
        let before = pids.pids().len();
        assert_eq!(gateway.batch("hostile", json!([broken])).await.statuses(), ["error"]);
        assert_eq!(gateway.batch("hostile", json!([{"name": "ok"}])).await.statuses(), ["success"]);
        assert_eq!(pids.pids().len(), before + more, "{broken}");
    }
}

#[tokio::test]
async fn batches_run_side_by_side_and_leave_one_standby() {
    let record = Record::new();
    let mut raw = Raw::initialized(Gateway::prepare(&lab(&record).text())).await;
    for id in 1..=3 {
        raw.send_batch(id, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    }
    until("all sleep at once", || record.count("call sleep") == 3 && record.alive() == 3).await;
    for id in 1..=3 {
        raw.send(&cancelled(id)).await;
    }
    until("all are told", || record.count("cancelled") == 3).await;
    until("one is opened for the next batch", || record.alive() == 1).await;
    raw.send_batch(4, "lab", json!([{"name": "pid"}])).await;
    assert_eq!(raw.receive().await["id"], 4);
}

#[tokio::test]
async fn batches_on_a_kept_session_come_one_after_the_other_in_their_order() {
    let record = Record::new();
    let mut raw = Raw::initialized(Gateway::prepare(&keep(&record).text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    until("the first has the session", || record.count("call sleep") == 1).await;
    for id in 2..=5 {
        raw.send_batch(id, "lab", json!([{"name": "echo", "args": {"message": id.to_string()}}])).await;
        watch::sessions(&mut raw, usize::try_from(id).expect("small")).await;
    }
    raw.send(&cancelled(3)).await;
    watch::sessions(&mut raw, 4).await;
    raw.send(&cancelled(1)).await;
    for id in [2, 4, 5] {
        assert_eq!(raw.receive().await["id"], id);
    }
    assert_eq!(record.count("call echo"), 3, "{}", record.text());
    assert_eq!(record.count("start"), 1, "{}", record.text());
}

#[tokio::test]
async fn whoever_waits_for_a_kept_session_waits_within_a_limit() {
    let record = Record::new();
    let config = keep(&record).timeout("default_timeout", 1.0);
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "lab", json!([{"name": "sleep", "args": {"ms": 60_000}}])).await;
    until("the first has the session", || record.count("call sleep") == 1).await;
    raw.send_batch(2, "lab", json!([{"name": "pid"}])).await;
    let answer = raw.receive().await.to_string();
    assert!(answer.contains("TIMEOUT") && answer.contains("`default_timeout`"), "{answer}");
    assert!(answer.contains("another batch"), "{answer}");
}

#[tokio::test]
async fn what_waits_gives_way_to_whoever_needs_its_place() {
    for config in [lab, keep] {
        let record = Record::new();
        let gateway = Gateway::start(&config(&record).echo().common("max_sessions", json!(1))).await;
        for _ in 0..2 {
            pid(&gateway).await;
            gateway.call(DISCOVER, json!({"server_name": "lab"})).await;
            let reply = gateway.batch("echo", json!([{"name": "echo", "args": {"message": "hi"}}])).await;
            assert_eq!(reply.statuses(), ["success"], "{}", reply.json);
            assert_eq!(record.alive(), 0, "its place is another's");
        }
    }
}

#[tokio::test]
async fn a_standby_that_is_being_opened_gives_way_first() {
    let record = Record::new();
    let other = json!({"server_name": "other", "config": {"command": server_binary("echo_mcp")}});
    let config = hangs_when_started_again(&record).echo().server(other).common("max_sessions", json!(2));
    let gateway = Gateway::start(&config).await;
    assert_ne!(pid(&gateway).await, 0);
    until("a standby is being opened", || record.count("start") == 2 && record.alive() == 1).await;
    for server in ["echo", "other"] {
        let reply = gateway.call(DISCOVER, json!({"server_name": server})).await;
        assert_eq!(reply.json["status"], "success", "{}", reply.json);
    }
    until("what hung is gone", || record.alive() == 0).await;
    until("the others wait", || servers(&gateway) == 2).await;
}

/// The children of a gateway that are servers.
fn servers(gateway: &Gateway) -> usize {
    let watchdog = watchdog(gateway.pid());
    let is_server = |pid: &u32| Some(*pid) != watchdog && alive(*pid);
    children(gateway.pid()).into_iter().filter(is_server).count()
}

/// The lab server behind a script that starts it once, and from then on something that never says a word.
fn hangs_when_started_again(record: &Record) -> Config {
    let script = r#"if mkdir "$1.once" 2>/dev/null; then exec "$0" --log "$1"; fi; echo "start $$" >> "$1"; exec sleep 600"#;
    let args = json!(["-c", script, server_binary("lab_mcp"), record.as_str()]);
    Config::new().server(json!({"server_name": "lab", "config": {"command": "sh", "args": args}}))
}

#[tokio::test]
async fn a_standby_that_does_not_start_is_tried_once_for_each_batch() {
    let record = Record::new();
    // It starts every other time.
    let script = r#"if mkdir "$1.odd" 2>/dev/null; then exec "$0" --log "$1"; fi; rmdir "$1.odd"; echo "failed" >> "$1"; exit 3"#;
    let args = json!(["-c", script, server_binary("lab_mcp"), record.as_str()]);
    let config = Config::new()
        .server(json!({"server_name": "lab", "config": {"command": "sh", "args": args}}))
        .common("enkrypt_log_level", json!("debug"));
    let gateway = Gateway::start(&config).await;
    for batch in 1..4 {
        assert_eq!(ask(&gateway, "counter").await, "1");
        until("the standby failed", || record.count("failed") == batch).await;
        let said = || gateway.log().matches("no session was opened in advance").count() == batch;
        eventually("the log says it", said);
    }
    assert_eq!((record.count("start"), record.count("failed")), (3, 3), "{}", record.text());
    assert!(!whole_log(&gateway).await.contains("WARN"), "{}", gateway.log());
}
