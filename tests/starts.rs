//! How servers are started that nobody waits for yet: a few at a time, and each once.

use std::num::NonZero;
use std::thread::available_parallelism;

use serde_json::json;

use crate::direct::{Script, ask, call, direct, start};
use crate::processes::watch::{Record, until};
use crate::support::{Config, DISCOVER, Gateway, server_binary};

/// Servers that may start at the same time.
fn turns() -> usize {
    (available_parallelism().map_or(1, NonZero::get) * 2).max(4)
}

#[tokio::test]
async fn many_servers_start_a_few_at_a_time() {
    let (record, script) = (Record::new(), Script::tools(&json!([{"name": "ok"}]), Vec::new()));
    let slowly = r#"echo "begin" >> "$1"; sleep 0.2; exec "$0" "$2" --log "$1""#;
    let [file, ..] = [script.server("s")["config"]["args"][0].clone()];
    let mut config = Config::new();
    for at in 0..turns() + 4 {
        let args = json!(["-c", slowly, server_binary("script_mcp"), record.as_str(), file]);
        config = config
            .server(json!({"server_name": format!("s{at}"), "config": {"command": "sh", "args": args}}));
    }
    let gateway = Gateway::start(&config).await;
    let answer = gateway.call(DISCOVER, json!({})).await.json;
    assert_eq!(answer["discovery_failed_servers"], json!([]), "{answer}");
    let mut starting = 0_usize;
    for line in record.text().lines() {
        match line.split(' ').next() {
            Some("begin") => starting += 1,
            Some("tools/list") => starting -= 1,
            _ => {}
        }
        assert!(starting <= turns(), "{}", record.text());
    }
    assert_eq!(record.count("begin"), turns() + 4);
}

#[tokio::test]
async fn a_server_that_does_not_start_in_time_is_not_started_again_for_its_prompts() {
    let record = Record::new();
    let config = direct(Config::new())
        .lab(&["--log", record.as_str(), "--start-delay", "3600000"])
        .timeout("discovery_timeout", 1.0)
        .timeout("default_timeout", 1.0)
        .common("enkrypt_log_level", json!("debug"));
    let raw = start(&config).await;
    let gave_up = || raw.gateway.log().matches("something of it stays unknown").count() == 2;
    until("nobody asks it any more", gave_up).await;
    assert_eq!(record.count("start"), 1);
}

#[tokio::test]
async fn what_a_server_has_is_asked_in_one_session_which_then_makes_the_first_call() {
    for mode in ["keep", "batch"] {
        let record = Record::new();
        let config = direct(Config::new()).lab(&["--log", record.as_str()]).with("session_mode", json!(mode));
        let mut raw = start(&config).await;
        for list in ["tools/list", "prompts/list"] {
            assert!(ask(&mut raw, list, json!({})).await["result"].is_object());
        }
        let answer = call(&mut raw, "lab__pid", json!({})).await;
        let pid = answer["result"]["content"][0]["text"].as_str().and_then(|pid| pid.parse().ok());
        assert_eq!(pid, record.pids().first().copied(), "{mode}: {}", record.text());
    }
}

#[tokio::test]
async fn only_a_program_that_fetches_others_may_have_to_be_downloaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let launcher = folder.path().join("npx");
    std::os::unix::fs::symlink(server_binary("lab_mcp"), &launcher).expect("a link");
    for (command, fetches) in [(server_binary("lab_mcp"), false), (launcher, true)] {
        let args = ["--start-delay", "3600000"];
        let config = Config::new()
            .server(json!({"server_name": "lab", "config": {"command": command, "args": args}}))
            .timeout("discovery_timeout", 0.2);
        let gateway = Gateway::start(&config).await;
        let failure = gateway.call(DISCOVER, json!({"server_name": "lab"})).await.json;
        let hint = failure["hint"].as_str().expect("a hint");
        assert_eq!(hint.contains("download"), fetches, "{hint}");
        assert!(hint.contains("`discovery_timeout`"), "{hint}");
    }
}
