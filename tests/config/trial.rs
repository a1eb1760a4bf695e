//! `config check --start`: the servers themselves.

use serde_json::json;

use crate::support::{Config, Gateway};

async fn tried(config: &Config) -> (i32, String) {
    let (code, out, err) = Gateway::prepare(&config.text()).run(&["config", "check", "--start"]).await;
    let (_, told) = out.split_once("\nstart\n").unwrap_or_else(|| panic!("nothing is started: {out}{err}"));
    (code, told.to_owned())
}

#[tokio::test]
async fn each_server_says_how_many_tools_it_has() {
    let policy = json!({"enabled": true, "block": ["keyword_detector"]});
    let config = Config::new()
        .echo()
        // Whatever is written down of them: the server itself is asked.
        .with("tools", json!({"echo": {"name": "echo", "inputSchema": {"type": "object"}}}))
        .keywords(&["repeats the message"])
        .lab(&[])
        .with("tool_guardrails_policy", policy)
        .with("denied_tools", json!(["fail"]));
    let (code, told) = tried(&config).await;
    assert_eq!(code, 0, "{told}");
    let mut lines: Vec<&str> = told.lines().map(str::trim).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["ok        echo: 1 tool", "ok        lab: 15 tools, 1 kept away, 1 denied"]);
}

#[tokio::test]
async fn a_server_that_fails_says_why_and_holds_up_no_other() {
    let sulky = json!({"server_name": "sulky", "config": {"command": "sh", "args": ["-c", "echo no place to be >&2; exit 3"]}});
    let absent = json!({"server_name": "absent", "config": {"command": "npx -y notes", "args": []}});
    let config = Config::new().echo().server(sulky).server(absent);
    let (code, told) = tried(&config).await;
    assert_eq!(code, 1, "{told}");
    for said in ["ok        echo: 2 tools", "`sulky`", "no place to be", "`absent`", "as a list in `args`"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(told.matches("failed    ").count(), 2, "{told}");
}

#[tokio::test]
async fn what_no_key_opens_is_not_started() {
    let marker = tempfile::TempDir::new().expect("a folder");
    let left = marker.path().join("started");
    let script = format!("touch '{}'", left.display());
    let server = json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}});
    let config = Config::new().server(server).edit(|config| config["apikeys"] = json!({}));
    let (code, told) = tried(&config).await;
    assert_eq!((code, told.trim()), (0, "no server that a key opens"));
    assert!(!left.exists());
}
