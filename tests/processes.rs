//! Nothing survives the gateway, however it ends and whatever its servers do.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Config, Gateway, Raw, alive, server_binary};

/// Many batches, many ends.
mod endurance;
/// A process per batch: gone when the batch is, whatever became of it.
mod sessions;
/// What a server's process gets, and where its program is found.
mod surroundings;
/// What waits for its next batch ends with the gateway too.
mod waiting;
pub(crate) mod watch;

use watch::{Record, signal, until, watchdog};

/// The gateway's end must come within two seconds; this machine is busy with other things too.
const SOON: Duration = Duration::from_secs(3);

/// How a gateway ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    EndOfInput,
    Signal(Signal),
}

const WAYS: [Way; 4] =
    [Way::EndOfInput, Way::Signal(Signal::TERM), Way::Signal(Signal::INT), Way::Signal(Signal::KILL)];

/// A server of hostile modes behind any command line, whose one tool never answers.
fn server(command: &str, args: &Value, record: &Record) -> Config {
    // Defined in full, so that nobody has to ask the server about it.
    let tools = json!({"hang": {"name": "hang", "inputSchema": {"type": "object"}}});
    let server =
        json!({"server_name": "hostile", "config": {"command": command, "args": args}, "tools": tools});
    Config::new().server(server).env(json!({"HOSTILE_PIDFILE": record.as_str()}))
}

fn hostile(modes: &str, record: &Record) -> Config {
    server(&server_binary("hostile_mcp").to_string_lossy(), &json!([modes]), record)
}

/// Some sessions are in use, the gateway ends, and nothing is left.
async fn nothing_survives(config: Config, record: Record, (sessions, processes): (usize, usize), way: Way) {
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    raw.send_batch(1, "hostile", json!([{"name": "hang"}])).await;
    watch::sessions(&mut raw, sessions).await;
    until("the server runs", || record.alive() == processes).await;
    let gateway = raw.child.id().expect("it runs");
    let watchdog = watchdog(gateway).expect("a watchdog");
    match way {
        Way::EndOfInput => raw.close(),
        Way::Signal(way) => signal(gateway, way),
    }
    let (status, took) = raw.ended().await;
    assert!(took < SOON, "{way:?}: the end took {took:?}");
    if way == Way::Signal(Signal::KILL) {
        until("the watchdog ends them", || record.alive() == 0).await;
    } else {
        assert!(status.success(), "{way:?}: {status}");
        assert_eq!(record.alive(), 0, "{way:?}: {}", record.text());
    }
    until("the watchdog ends", || !alive(watchdog)).await;
}

/// In each way at once, with so many sessions and so many processes behind them.
async fn nothing_survives_any_end(expected: (usize, usize), config: impl Fn(&Record) -> Config) {
    let ends = WAYS.map(|way| {
        let record = Record::new();
        nothing_survives(config(&record), record, expected, way)
    });
    futures_util::future::join_all(ends).await;
}

#[tokio::test]
async fn a_server_that_behaves_does_not_survive() {
    nothing_survives_any_end((1, 1), |record| hostile("", record)).await;
}

#[tokio::test]
async fn a_server_that_ignores_the_end_of_its_input_does_not_survive() {
    nothing_survives_any_end((1, 1), |record| hostile("ignore-eof", record)).await;
}

#[tokio::test]
async fn a_server_that_ignores_sigterm_does_not_survive() {
    nothing_survives_any_end((1, 1), |record| hostile("ignore-eof,ignore-term", record)).await;
}

#[tokio::test]
async fn a_server_that_never_shook_hands_does_not_survive() {
    nothing_survives_any_end((1, 1), |record| hostile("silent,ignore-term", record)).await;
}

#[tokio::test]
async fn a_grandchild_does_not_survive() {
    nothing_survives_any_end((1, 2), |record| hostile("grandchild", record)).await;
}

#[tokio::test]
async fn what_a_launcher_started_does_not_survive() {
    let binary = server_binary("hostile_mcp").to_string_lossy().into_owned();
    // As npx does, and as a careless script does. A shell gives background jobs /dev/null for input, hence the 3.
    for script in [r#"exec 3<&0; "$0" "$1" <&3 & wait"#, r#"exec 3<&0; "$0" "$1" <&3 & exit 0"#] {
        nothing_survives_any_end((1, 1), |record| {
            server("sh", &json!(["-c", script, binary, "ignore-term"]), record)
        })
        .await;
    }
}

#[tokio::test]
async fn a_launcher_that_leaves_does_not_take_the_session_with_it() {
    let binary = server_binary("lab_mcp").to_string_lossy().into_owned();
    let record = Record::new();
    let script = r#"exec 3<&0; "$0" --log "$1" <&3 & exit 0"#;
    let args = json!(["-c", script, binary, record.as_str()]);
    let config = Config::new()
        .common("standby_idle_seconds", json!(0))
        .server(json!({"server_name": "lab", "config": {"command": "sh", "args": args}}));
    let gateway = Gateway::start(&config).await;
    let reply = gateway.batch("lab", json!([{"name": "counter"}, {"name": "counter"}])).await;
    assert_eq!(reply.statuses(), ["success", "success"], "{}", reply.json);
    until("its server is gone", || record.alive() == 0).await;
    // It was asked to go by the end of its input, not by a signal.
    assert_eq!(record.count("eof"), record.count("start"), "{}", record.text());
}

#[tokio::test]
async fn an_idle_gateway_ends_at_once() {
    for way in WAYS {
        let mut raw = Raw::initialized(Gateway::prepare(&Config::new().lab(&[]).text())).await;
        match way {
            Way::EndOfInput => raw.close(),
            Way::Signal(way) => signal(raw.child.id().expect("it runs"), way),
        }
        let (status, took) = raw.ended().await;
        assert!(took < SOON, "{way:?}: {took:?}");
        assert_eq!(status.success(), way != Way::Signal(Signal::KILL), "{way:?}: {status}");
    }
}

#[tokio::test]
async fn a_gateway_that_nobody_greeted_ends_too() {
    for way in WAYS {
        let mut raw = Raw::start(Gateway::prepare(&Config::new().lab(&[]).text()));
        match way {
            Way::EndOfInput => raw.close(),
            // It is answering, so that its handlers are in place.
            Way::Signal(way) => {
                raw.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})).await;
                raw.receive().await;
                signal(raw.child.id().expect("it runs"), way);
            }
        }
        let (status, took) = raw.ended().await;
        assert!(took < SOON, "{way:?}: {took:?}");
        assert_eq!(status.success(), way != Way::Signal(Signal::KILL), "{way:?}: {status}");
    }
}

#[tokio::test]
async fn a_client_library_that_leaves_is_followed() {
    let record = Record::new();
    let mut gateway = Gateway::start(&hostile("ignore-eof", &record).with("tools", json!({}))).await;
    gateway.batch("hostile", json!([{"name": "ok"}])).await;
    let mut child = gateway.leave().await;
    let status = tokio::time::timeout(SOON, child.wait()).await.expect("in time").expect("a status");
    assert!(status.success(), "{status}");
    assert_eq!(record.alive(), 0, "{}", record.text());
}

#[tokio::test]
async fn a_client_that_reads_nothing_does_not_hold_up_the_end() {
    let mut raw = Raw::initialized(Gateway::prepare(&Config::new().lab(&[]).text())).await;
    // Each answer is some kilobytes; nobody takes them, and the pipe is soon full.
    for id in 1..200 {
        raw.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"})).await;
    }
    raw.close();
    let (_, took) = raw.ended().await;
    assert!(took < SOON, "{took:?}");
}

#[tokio::test]
async fn nor_does_one_that_reads_nothing_of_what_is_wrong_with_its_messages() {
    let mut raw = Raw::initialized(Gateway::prepare(&Config::new().lab(&[]).text())).await;
    // The answers together are more than a pipe holds.
    for _ in 0..20_000 {
        raw.send_line("oops").await;
    }
    raw.close();
    raw.ended().await;
}

#[tokio::test]
async fn an_end_that_the_machine_holds_up_leaves_nothing() {
    let ends = [(Way::Signal(Signal::TERM), 300), (Way::Signal(Signal::TERM), 900), (Way::EndOfInput, 600)];
    let ends = ends.map(|(way, after)| async move {
        let record = Record::new();
        let config = hostile("ignore-eof,ignore-term,grandchild", &record);
        let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
        raw.send_batch(1, "hostile", json!([{"name": "hang"}])).await;
        watch::sessions(&mut raw, 1).await;
        until("the server runs", || record.alive() == 2).await;
        let gateway = raw.child.id().expect("it runs");
        match way {
            Way::EndOfInput => raw.close(),
            Way::Signal(way) => signal(gateway, way),
        }
        // While it waits for its server, all of its time passes at once.
        tokio::time::sleep(Duration::from_millis(after)).await;
        signal(gateway, Signal::STOP);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        signal(gateway, Signal::CONT);
        let (status, _) = raw.ended().await;
        assert!(status.success(), "{way:?}: {status}");
        assert_eq!(record.alive(), 0, "{way:?} {after}: {}", record.text());
    });
    futures_util::future::join_all(ends).await;
}

#[tokio::test]
async fn a_watchdog_that_is_killed_is_replaced() {
    let record = Record::new();
    let mut raw = Raw::initialized(Gateway::prepare(&hostile("ignore-term", &record).text())).await;
    let gateway = raw.child.id().expect("it runs");
    raw.send_batch(1, "hostile", json!([{"name": "hang"}])).await;
    until("a server runs", || record.alive() == 1).await;
    let first = watchdog(gateway).expect("a watchdog");
    signal(first, Signal::KILL);
    until("it is gone", || !alive(first)).await;
    raw.send_batch(2, "hostile", json!([{"name": "hang"}])).await;
    until("another server runs", || record.alive() == 2).await;
    until("another watchdog runs", || watchdog(gateway).is_some_and(|pid| pid != first)).await;
    watch::sessions(&mut raw, 2).await;
    signal(gateway, Signal::KILL);
    until("the servers of both times are gone", || record.alive() == 0).await;
}
