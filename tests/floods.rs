//! Servers that send what nobody can read, or more than anybody wants: one call fails, nobody else waits.
//!
//! The servers are a few lines of shell: they answer the handshake and the list, and then do their worst.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::{Script, direct, start};
use crate::support::{Config, Gateway, LIST, Raw, eventually_async};

/// A server whose one tool `worst` is answered by running `answer`; its request has the id 1, in a session that was
/// not asked for its tools before.
fn scripted(answer: &str) -> Config {
    let script = format!(
        r#"
        say() {{ printf '%s\n' "$1"; }}
        while read -r line; do case "$line" in
            *'"initialize"'*) say '{{"jsonrpc":"2.0","id":0,"result":{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}' ;;
            *'"tools/list"'*) say '{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{{"name":"worst","inputSchema":{{"type":"object"}}}}]}}}}' ;;
            *'"tools/call"'*) {answer} ;;
        esac; done"#
    );
    Config::new()
        .server(json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}}))
        .common("standby_idle_seconds", json!(0))
        .timeout("tool_execution_timeout", 5.0)
}

async fn worst(answer: &str) -> Value {
    let gateway = Gateway::start(&scripted(answer)).await;
    gateway.batch("s", json!([{"name": "worst"}])).await.results()[0].clone()
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_its_call_at_once() {
    let deep = r#"printf '{"jsonrpc":"2.0","id":1,"result":'; printf '[%.0s' $(seq 200); printf ']%.0s' $(seq 200); say '}'"#;
    for answer in [
        r#"say '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"cut \ud83"}]}}'"#,
        r#"say '{"jsonrpc":"2.0","id":1,"result":{"n":1e,"content":[]}}'"#,
        r#"printf '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\377"}]}}\n'"#,
        deep,
    ] {
        let result = worst(answer).await;
        assert_eq!(result["error_code"], "SERVER_PROTOCOL", "{answer}: {result}");
    }
}

#[tokio::test]
async fn a_small_text_of_many_values_is_not_taken_into_memory() {
    let result = worst(
        r#"printf '{"jsonrpc":"2.0","id":1,"result":{"content":[],"x":[0'; yes ',0' | head -n 700000 | tr -d '\n'; say ']}}'"#,
    )
    .await;
    assert_eq!(result["error_code"], "SERVER_PROTOCOL");
    assert!(result["message"].as_str().expect("text").contains("JSON values"), "{result}");
}

#[tokio::test]
async fn a_server_that_never_stops_talking_is_given_up() {
    let result = worst("while :; do say 'nothing to see'; done").await;
    assert_eq!(result["error_code"], "SERVER_PROTOCOL", "{result}");
}

#[tokio::test]
async fn a_flood_of_requests_costs_little_memory_and_nobody_else_waits() {
    let config = scripted(r#"exec yes '{"jsonrpc":"2.0","id":1,"method":"ping"}'"#)
        .timeout("tool_execution_timeout", 15.0);
    let gateway = Gateway::start(&config).await;
    let flooded = gateway.batch("s", json!([{"name": "worst"}]));
    let others = async {
        for _ in 0..20 {
            assert!(!gateway.call(LIST, json!({"discover_tools": false})).await.is_error);
        }
    };
    let (flooded, ()) = tokio::join!(flooded, others);
    assert_eq!(flooded.results()[0]["error_code"], "SERVER_PROTOCOL", "unanswered requests are noise too");
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid())).expect("a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(kilobytes < 200_000, "{kilobytes} kB");
    assert!(!gateway.log().contains("not supported"), "one line a request would be a flood too");
}

#[tokio::test]
async fn what_comes_at_the_wrong_moment_is_not_logged() {
    let script = r#"
        printf '%s\n' '{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"text":"the-marked-secret"}}'
        cat > /dev/null"#;
    let config = Config::new()
        .server(json!({"server_name": "s", "config": {"command": "sh", "args": ["-c", script]}}))
        .timeout("discovery_timeout", 1.0);
    let gateway = Gateway::start(&config).await;
    assert!(gateway.batch("s", json!([{"name": "x"}])).await.is_error);
    assert!(!crate::support::whole_log(&gateway).await.contains("the-marked-secret"));
}

#[tokio::test]
async fn a_message_of_the_client_that_cannot_be_read_is_answered_by_its_id() {
    let mut raw = Raw::initialized(Gateway::prepare(&Config::new().echo().text())).await;
    raw.send_line(r#"{"jsonrpc":"2.0","id":41,"method":"tools/call","params":{"name":"\ud83d"}}"#).await;
    assert_eq!(raw.receive().await["id"], 41);
    let many = format!(
        r#"{{"jsonrpc":"2.0","id":42,"method":"ping","params":{{"x":[0{}]}}}}"#,
        ",0".repeat(600_000)
    );
    raw.send_line(&many).await;
    let refused = raw.receive().await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(42), &json!(-32600)));
}

#[tokio::test]
async fn a_client_that_does_not_read_gets_no_more_done_and_loses_nothing() {
    const CALLS: usize = 100;
    let long = json!({"content": [{"type": "text", "text": "x".repeat(1 << 20)}]});
    let tool = json!([{"name": "long", "inputSchema": {"type": "object"}}]);
    let script = Script::tools(&tool, vec![json!({"method": "tools/call", "result": long})]);
    let config = direct(Config::new().server(script.server("s")));
    // Those that wait do so for as long as it takes.
    let config = config.timeout("default_timeout", 300.0).timeout("tool_execution_timeout", 300.0);
    let mut raw = start(&config).await;
    for id in 0..CALLS {
        let params = json!({"name": "s__long", "arguments": {}});
        raw.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})).await;
    }
    // Until no more is asked of the server.
    let asked = || script.asked("tools/call").len();
    eventually_async("much waits to be read", async || asked() > 60).await;
    let mut before = 0;
    while asked() > before {
        before = asked();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(asked() < 80, "{} results wait in memory", asked());
    let mut missing: BTreeSet<usize> = (0..CALLS).collect();
    while !missing.is_empty() {
        let answer = raw.receive().await;
        let length = answer["result"]["content"][0]["text"].as_str().map(str::len);
        assert_eq!(length, Some(1 << 20), "id {}", answer["id"]);
        let id = answer["id"].as_u64().and_then(|id| usize::try_from(id).ok());
        assert!(id.is_some_and(|id| missing.remove(&id)), "{:?}", answer["id"]);
    }
    assert_eq!(asked(), CALLS);
}
