//! A great many batches and a great many ends: none of them leaves anything.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::watch::{children, signal, until, watchdog};
use super::{WAYS, Way};
use crate::support::{Config, Gateway, Raw, alive, server_binary};

const ROUNDS: usize = 40;
/// Rounds after which one looks at what is left.
const REST: usize = 5;
/// Sessions that stay between batches: a standby of each server that has one, and the kept session.
const WAITING: usize = 3;
/// What allocator and caches may still take in the second half; a leak of four kilobytes a batch is more.
const MARGIN_KB: u64 = 2_000;

/// Gateways that are being killed at once.
const TOGETHER: usize = 12;

/// A server starts within that time, so that one kill in ten or so comes between its start and the news of it.
const DURING_START: std::ops::Range<u64> = 0..60;
const STEP: Duration = Duration::from_micros(250);

/// When a gateway is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Start,
    Call,
    Close,
}

fn several() -> Config {
    let lab = |name: &str, mode: &str, standby: u64| {
        json!({"server_name": name, "config": {"command": server_binary("lab_mcp"), "args": []},
            "session_mode": mode, "standby_idle_seconds": standby})
    };
    Config::new()
        .server(lab("ready", "batch", 300))
        .server(lab("kept", "keep", 300))
        .server(lab("alone", "batch", 0))
        .hostile("ignore-eof,grandchild")
}

async fn batch(gateway: &Gateway, server: &str, tool: &str) {
    let reply = gateway.batch(server, json!([{"name": tool}])).await;
    assert_eq!(reply.statuses(), ["success"], "{server}: {}", reply.json);
}

/// Twenty-five batches: one after the other, and side by side.
async fn round(gateway: &Gateway) {
    for _ in 0..4 {
        for server in ["ready", "kept", "alone"] {
            batch(gateway, server, "pid").await;
        }
    }
    let together = ["ready", "kept", "alone"].into_iter().cycle().take(12);
    let calls = together.map(|server| batch(gateway, server, "pid"));
    tokio::join!(join_all(calls), batch(gateway, "hostile", "ok"));
}

/// Kilobytes of its own and open files, once only what waits is left.
async fn holds(gateway: u32) -> (u64, usize) {
    let known = watchdog(gateway).expect("a watchdog");
    until("only what waits is left", || {
        let children = children(gateway);
        children.len() == WAITING + 1 && children.iter().all(|pid| *pid == known || alive(*pid))
    })
    .await;
    let status = std::fs::read_to_string(format!("/proc/{gateway}/status")).expect("a status");
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a size");
    let files = std::fs::read_dir(format!("/proc/{gateway}/fd")).expect("its files").count();
    (own.trim().trim_end_matches(" kB").parse().expect("a number"), files)
}

/// The least that it holds after some of so many batches: what an allocator keeps comes and goes, a leak stays.
async fn least(gateway: &Gateway) -> (u64, usize) {
    let mut least = (u64::MAX, usize::MAX);
    for _ in 0..ROUNDS / 2 / REST {
        for _ in 0..REST {
            round(gateway).await;
        }
        let (memory, files) = holds(gateway.pid()).await;
        least = (least.0.min(memory), least.1.min(files));
    }
    least
}

#[tokio::test]
async fn a_thousand_batches_leave_no_process_no_file_and_no_memory() {
    let gateway = Gateway::start(&several()).await;
    let (first, second) = (least(&gateway).await, least(&gateway).await);
    assert_eq!(first.1, second.1, "open files");
    assert!(second.0 <= first.0 + MARGIN_KB, "{} kB, then {} kB", first.0, second.0);
}

/// Servers that do not go when they are told to: by themselves, and behind a launcher.
fn stubborn() -> Vec<Value> {
    let binary = server_binary("hostile_mcp").to_string_lossy().into_owned();
    let launcher = r#"exec 3<&0; "$0" "$1" <&3 & wait"#;
    vec![
        json!({"command": binary, "args": ["ignore-eof"]}),
        json!({"command": binary, "args": ["ignore-eof,ignore-term"]}),
        json!({"command": binary, "args": ["ignore-eof,ignore-term,grandchild"]}),
        json!({"command": "sh", "args": ["-c", launcher, binary, "ignore-eof,ignore-term,grandchild"]}),
    ]
}

/// The ids of the processes that were started with this folder in their environment.
fn descendants(folder: &Path) -> Vec<u32> {
    // With its end: another folder's name may begin like this one's.
    let folder = format!("{}/", folder.to_str().expect("text"));
    let entries = std::fs::read_dir("/proc").expect("/proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&folder)
    })
    .collect()
}

/// Starts a gateway, ends it `after` the moment was reached, and waits for that.
async fn ended(mut server: Value, folder: &Path, moment: Moment, way: Way, after: Duration) {
    server["env"] = json!({"HOSTILE_PIDFILE": folder.join("pids")});
    let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
    let tools = json!({"hang": tool("hang"), "ok": tool("ok")});
    let config = Config::new().server(json!({"server_name": "hostile", "config": server, "tools": tools}));
    let mut raw = Raw::initialized(Gateway::prepare(&config.text())).await;
    let called = if moment == Moment::Close { "ok" } else { "hang" };
    raw.send_batch(1, "hostile", json!([{"name": called}])).await;
    match moment {
        Moment::Start => {}
        Moment::Call => super::watch::sessions(&mut raw, 1).await,
        Moment::Close => assert_eq!(raw.receive().await["result"]["isError"], false),
    }
    // Nothing is waited for: the end may come at any time, and this is one.
    tokio::time::sleep(after).await;
    match way {
        Way::EndOfInput => raw.close(),
        Way::Signal(way) => signal(raw.child.id().expect("it runs"), way),
    }
    let (status, _) = raw.ended().await;
    if way != Way::Signal(Signal::KILL) {
        assert!(status.success(), "{moment:?} {way:?} {after:?}: {status}");
        assert_eq!(descendants(folder), Vec::<u32>::new(), "{moment:?} {way:?} {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_ends_at_any_moment_leave_no_process() {
    let folder = TempDir::new().expect("a folder");
    let moments = [
        (Moment::Start, [0, 5, 10, 20, 40]),
        (Moment::Call, [0, 5, 10, 20, 40]),
        (Moment::Close, [0, 20, 600, 900, 1_300]),
    ];
    let mut ends = Vec::new();
    for (moment, times) in moments {
        for (n, server) in stubborn().into_iter().enumerate() {
            for (way, after) in WAYS.into_iter().flat_map(|way| times.map(|after| (way, after))) {
                let own = folder.path().join(format!("{moment:?}-{n}-{}", ends.len()));
                std::fs::create_dir(&own).expect("a folder");
                let (server, after) = (server.clone(), Duration::from_millis(after));
                ends.push(async move { ended(server, &own, moment, way, after).await });
            }
        }
    }
    assert_eq!(ends.len(), 240);
    futures_util::stream::iter(ends).buffer_unordered(TOGETHER).for_each(|()| async {}).await;
    until("nobody is left", || descendants(folder.path()).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_nobody_had_heard_of_yet_does_not_survive() {
    let folder = TempDir::new().expect("a folder");
    let kills = DURING_START.map(|n| {
        let own = folder.path().join(n.to_string());
        std::fs::create_dir(&own).expect("a folder");
        let server = stubborn().swap_remove(1);
        let after = STEP * u32::try_from(n).expect("small");
        async move { ended(server, &own, Moment::Start, Way::Signal(Signal::KILL), after).await }
    });
    futures_util::stream::iter(kills).buffer_unordered(2).for_each(|()| async {}).await;
    until("nobody is left", || descendants(folder.path()).is_empty()).await;
}
