//! Many at once.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{Ask, Config, Front, LIST, Wire};

const KEYS: usize = 50;
const PER_KEY: usize = 200;

/// More than the gateway and its clients need together for all connections, and less than a mistake would take.
const MEMORY_KB: u64 = 900_000;

fn key(number: usize) -> String {
    format!("test-key-of-caller-{number:03}")
}

/// Each key sees one server, which is named after it.
fn config() -> Config {
    Config::new().edit(|config| {
        for number in 0..KEYS {
            let name = format!("server-of-{number:03}");
            let server = json!({"server_name": name, "config": {"command": "true", "args": []}, "tools": {"t": "a tool"}});
            let (set, project) = (format!("config-of-{number}"), format!("project-of-{number}"));
            config["mcp_configs"][&set] = json!({"mcp_config_name": set, "mcp_config": [server]});
            config["projects"][&project] =
                json!({"project_name": project, "mcp_config_id": set, "users": ["user-1"]});
            config["apikeys"][key(number)] = json!({"project_id": project, "user_id": "user-1"});
        }
    })
}

/// The most memory that the process ever had.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

/// As many files as the system gives: each connection is one.
fn raise_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("raised");
    assert!(
        limit.maximum.is_none_or(|files| files > (KEYS * PER_KEY + 500) as u64),
        "too few files: {limit:?}"
    );
}

#[tokio::test]
async fn ten_thousand_requests_at_once_are_each_answered_to_whoever_asked() {
    raise_files();
    let front = Front::start(&config());
    let mut waiting: Vec<(usize, u64, Wire, Vec<u8>)> = Vec::new();
    for number in 0..KEYS {
        // Half of the callers have a session, the other half needs none.
        let session = match number % 2 {
            0 => Some(front.session(&key(number)).await),
            _ => None,
        };
        for index in 0..PER_KEY {
            let id = (number * PER_KEY + index) as u64;
            let params = json!({"name": LIST, "arguments": {"discover_tools": false}});
            let ask = match &session {
                Some(session) => Ask::request(id, "tools/call", &params).session(session),
                None => Ask::modern(id, "tools/call", params),
            };
            let mut bytes = ask.key(&key(number)).bytes();
            // All but the last byte: so it is being worked on, and not yet done, when the last one has begun.
            let rest = bytes.split_off(bytes.len() - 1);
            let mut wire = front.wire().await;
            wire.write_bytes(&bytes).await.expect("written");
            waiting.push((number, id, wire, rest));
        }
    }
    assert_eq!(waiting.len(), KEYS * PER_KEY);
    for (_, _, wire, rest) in &mut waiting {
        wire.write_bytes(rest).await.expect("written");
    }
    let mut answered = HashSet::new();
    for (number, id, mut wire, _) in waiting {
        let told = wire.answer().await;
        assert_eq!(told.status, 200, "{told:?}");
        let answer = told.json();
        assert_eq!(answer["id"], id, "{answer}");
        let text = answer["result"]["content"][0]["text"].as_str().expect("text");
        let (own, all) = (format!("server-of-{number:03}"), text.matches("server-of-").count());
        assert!(all > 0 && text.matches(&own).count() == all, "{text}");
        answered.insert(id);
    }
    assert_eq!(answered.len(), KEYS * PER_KEY);
    let peak = peak(front.pid());
    assert!(peak < MEMORY_KB, "{peak} KB");
}

#[tokio::test]
async fn a_key_with_too_many_requests_is_told_to_wait_and_the_others_are_not() {
    raise_files();
    let front = Front::start(&config());
    let ask = |number: usize| Ask::modern(1, "tools/list", json!({})).key(&key(number));
    let unfinished = async || {
        let mut wire = front.wire().await;
        let bytes = ask(0).bytes();
        wire.write_bytes(&bytes[..bytes.len() - 1]).await.expect("written");
        wire
    };
    let mut held = futures_util::future::join_all((0..1_000).map(|_| unfinished())).await;
    crate::support::eventually_async("its share is used up", async || {
        let told = front.send(&ask(0)).await;
        assert_eq!(told.header("retry-after").is_some(), told.status == 429, "{told:?}");
        if told.status != 429 {
            // On a busy machine the first ones may have been given up by now, as slow as they are.
            held.push(unfinished().await);
        }
        told.status == 429
    })
    .await;
    assert_eq!(front.send(&ask(1)).await.status, 200);
    crate::support::eventually_async("there is room again", async || {
        drop(held.pop());
        front.send(&ask(0)).await.status == 200
    })
    .await;
}
