//! The builder that every test uses: a configuration, the real binary over stdio, rmcp's client.

pub(crate) mod authority;
mod bad;
mod config;
mod front;
mod gateway;
pub(crate) mod guard;
pub(crate) mod http;
mod raw;
pub(crate) mod redis;
pub(crate) mod remote_mcp;
mod wire;

pub(crate) use bad::{Attack, BadCall, BadTool, Poison, attacks};
pub(crate) use config::{Config, KEY, example};
pub(crate) use front::{Ask, Front, Wire};
pub(crate) use gateway::{Gateway, Reply};
pub(crate) use raw::Raw;
pub(crate) use wire::wire;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) const SECURE_CALL: &str = "enkrypt_secure_call_tools";
pub(crate) const DISCOVER: &str = "enkrypt_discover_all_tools";
pub(crate) const LIST: &str = "enkrypt_list_all_servers";
pub(crate) const INFO: &str = "enkrypt_get_server_info";
pub(crate) const CACHE_STATUS: &str = "enkrypt_get_cache_status";
pub(crate) const CLEAR_CACHE: &str = "enkrypt_clear_cache";
pub(crate) const METRICS: &str = "enkrypt_get_timeout_metrics";

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_secure-mcp-gateway"))
}

/// A server of `test_mcps/`, as cargo built it.
pub(crate) fn server_binary(name: &str) -> PathBuf {
    let path = binary().parent().expect("a folder").join("examples").join(name);
    assert!(path.exists(), "{} is not built: `cargo build --examples`", path.display());
    path
}

/// Waits until `check` holds; fails with `what` after ten seconds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !check() {
        assert!(Instant::now() < end, "did not happen in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// As `eventually`, for checks that ask the gateway.
pub(crate) async fn eventually_async(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(15);
    while !check().await {
        assert!(Instant::now() < end, "did not happen in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The log with everything that was said until now: it is written behind the gateway's back.
pub(crate) async fn whole_log(gateway: &Gateway) -> String {
    let lines = || gateway.log().matches(METRICS).count();
    let before = lines();
    gateway.call(METRICS, serde_json::json!({})).await;
    eventually("the log is written", || lines() > before);
    gateway.log()
}

/// Whether a process of this id is alive (a zombie is not).
pub(crate) fn alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    !stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}
