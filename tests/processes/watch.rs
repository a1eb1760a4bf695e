//! Looking at processes from outside: who is alive, who is whose child, and waiting for either.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{METRICS, Raw, alive};

const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until `check` holds, and lets everything else go on meanwhile.
pub(crate) async fn until(what: &str, mut check: impl FnMut() -> bool) {
    let waiting = async {
        while !check() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("did not happen in time: {what}"));
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    assert!(signalled(pid, signal), "it is there");
}

/// Whether there was a process to hear it.
pub(crate) fn signalled(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a pid");
    kill_process(pid, signal).is_ok()
}

/// The processes whose parent is this one, the dead that nobody has waited for included.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("/proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// The gateway's watchdog, if it has started one.
pub(crate) fn watchdog(gateway: u32) -> Option<u32> {
    let is_watchdog = |pid: &u32| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains("__watchdog"))
    };
    children(gateway).into_iter().find(is_watchdog)
}

/// Waits until so many sessions are being opened or used, as the gateway counts them.
///
/// A server that runs is not enough: the gateway may not even have heard yet that it does.
pub(crate) async fn sessions(raw: &mut Raw, expected: usize) {
    let ask = json!({"jsonrpc": "2.0", "id": 1_000, "method": "tools/call", "params": {"name": METRICS}});
    let asking = async {
        loop {
            raw.send(&ask).await;
            let answer = raw.receive().await;
            let text = answer["result"]["content"][0]["text"].as_str().expect("text");
            let shown: Value = serde_json::from_str(text).expect("JSON");
            let active = shown["active_operations"].as_object().expect("an object");
            let sessions =
                active.keys().filter(|id| id.starts_with("default_") || id.starts_with("tool_execution_"));
            if sessions.count() == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("the sessions are there in time");
}

/// A file that servers write to, in a folder that outlives the gateway.
pub(crate) struct Record {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl Record {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { path: folder.path().join("record"), _folder: folder }
    }

    pub(crate) fn as_str(&self) -> &str {
        self.path.to_str().expect("text")
    }

    pub(crate) fn text(&self) -> String {
        read(&self.path)
    }

    /// How many lines start with these words.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.text().lines().filter(|line| line.starts_with(start)).count()
    }

    /// The ids in it: one per line, alone or after `start`.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix("start ").unwrap_or(line).parse().ok())
            .collect()
    }

    pub(crate) fn alive(&self) -> usize {
        self.pids().into_iter().filter(|pid| alive(*pid)).count()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
